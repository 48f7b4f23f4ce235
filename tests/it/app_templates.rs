//! Apps of the catalogue: registered with one answer, connected in their own words, shown with their logo, opened from the page of apps.

use muster::db::query;
use muster::users::User;
use reqwest::Method;
use serde_json::json;

use crate::oidc_support::{Client, Provider, claims, on_both_databases};
use crate::support::http::{Answer, Browser, answer};
use crate::support::process::Muster;

/// An administrator at a browser.
async fn admin(provider: &Provider) -> (User, Browser) {
    let boss = provider.person("boss").await;
    provider.execute(query("UPDATE users SET local_admin = $2 WHERE id = $1").bind(boss.id).bind(true)).await;
    let browser = provider.browser_of(&boss).await;
    (boss, browser)
}

/// The values on a page that are there to be copied.
fn copied(page: &Answer) -> Vec<String> {
    let html = scraper::Html::parse_document(&page.body);
    let inputs = scraper::Selector::parse(".copy input").expect("a selector");
    html.select(&inputs).filter_map(|input| input.attr("value").map(str::to_owned)).collect()
}

/// The headings of the parts of the form that are open.
fn open_parts(page: &Answer) -> Vec<String> {
    page.texts("details.fold[open] > summary h2")
}

#[tokio::test]
async fn a_known_app_is_registered_with_its_address_alone_and_signs_people_in() {
    on_both_databases(async |provider| {
        let (boss, browser) = admin(provider).await;
        let grid = browser.get("/admin/clients/catalogue?q=git+repositories").await;
        assert_eq!(grid.texts(".app strong")[..3], ["Forgejo", "Gitea", "GitLab"]);
        let form = browser.get(&grid.attribute(".app[href$=gitea]", "href").expect("a link")).await;
        assert_eq!((form.texts("h1")[0].as_str(), form.texts("details.more[open]").len()), ("Register Gitea", 0));
        let created = browser.submit(&form, "/admin/clients", &[("app_url", " git.example.org/ ")]).await;
        assert_eq!((created.status.as_u16(), created.texts("h1")[0].as_str()), (200, "Gitea is registered"));
        let secret = created.attribute("#c-client-secret", "value").expect("a secret");
        let client_id = created.attribute("#c-client-id", "value").expect("an id");
        let values = copied(&created);
        for value in [&client_id, &secret, &format!("{}/.well-known/openid-configuration", provider.base)] {
            assert_eq!(values.iter().filter(|it| *it == value).count(), 2, "once by itself, once in Gitea’s words: {value}");
        }
        assert!(created.texts(".guide dt label").contains(&"OpenID Connect Auto Discovery URL".to_owned()));
        assert!(created.texts("pre").join(" ").contains(&format!("--key={client_id} --secret={secret}")));

        let redirect_uri = "https://git.example.org/user/oauth2/muster/callback".to_owned();
        let client = Client { client_id: client_id.clone(), secret: Some(secret.clone()), redirect_uri, ..provider.client().await };
        let asked = browser.get(&client.request(&[("scope", "openid profile groups")])).await;
        browser.submit(&asked, "/authorize/consent", &[("decision", "allow")]).await;
        let tokens = client.tokens(&browser, &[("scope", "openid profile groups")]).await;
        assert_eq!(claims(&tokens)["preferred_username"], boss.username.as_str());

        // Its page keeps the words, without the secret.
        let list = browser.get("/admin/clients?q=gitea").await;
        let page = browser.get(&list.attribute("tbody th a", "href").expect("a link")).await;
        assert!(page.texts(".guide").join(" ").contains("Authentication Name") && !page.body.contains(&secret));
        assert!(copied(&page).contains(&"<client secret>".to_owned()));
        assert_eq!(page.attribute("[name=launch_url]", "value").as_deref(), Some("https://git.example.org"));
        let path = page.url.path().to_owned();
        let saved = browser.submit(&page, &path, &[("name", "Our Gitea"), ("app_url", "https://code.example.org")]).await;
        let page = browser.follow(saved).await;
        assert!(page.texts(".guide").len() == 1, "a form that is saved forgets neither the app nor its address");
        assert_eq!(page.texts("[name=redirect_uris]"), ["https://git.example.org/user/oauth2/muster/callback"], "which only the words follow");
    })
    .await;
}

#[tokio::test]
async fn a_missing_address_is_the_one_mistake_and_what_is_prefilled_can_be_changed() {
    on_both_databases(async |provider| {
        let (_, browser) = admin(provider).await;
        let form = browser.get("/admin/clients/new?app=immich").await;
        for address in ["", "javascript:alert(1)", "https://photos.example.org/?a=1"] {
            let refused = browser.submit(&form, "/admin/clients", &[("app_url", address)]).await;
            assert_eq!((refused.status.as_u16(), refused.texts(".mistake").len()), (422, 1), "{:?}", refused.texts(".mistake"));
            assert!(refused.attribute("#f-app_url", "aria-invalid").is_some() && refused.texts("details.more[open]").is_empty());
            assert!(refused.texts("[name=redirect_uris]")[0].contains("{app}/auth/login"), "the placeholders wait");
        }
        let typed = [("app_url", "https://photos.example.org"), ("redirect_uris", "{app}/auth/login\nhttps://other.example.org/auth/login\n/cb")];
        let refused = browser.submit(&form, "/admin/clients", &typed).await;
        assert_eq!((refused.status.as_u16(), refused.texts("details.more[open]").len()), (422, 1), "a mistake in it opens what is prefilled");
        let typed = [("name", "Photos"), ("redirect_uris", "{app}/auth/login\nhttps://other.example.org/auth/login"), ("launch_url", "")];
        assert_eq!(browser.submit(&refused, "/admin/clients", &typed).await.status, 200);
        let list = browser.get("/admin/clients?q=photos").await;
        let page = browser.get(&list.attribute("tbody th a", "href").expect("a link")).await;
        assert_eq!(page.texts("[name=redirect_uris]"), ["https://photos.example.org/auth/login https://other.example.org/auth/login"]);
        assert_eq!(browser.get("/admin/clients/new?app=nothing").await.status, 404);
        let none = browser.get("/admin/clients/catalogue?q=no+such+app").await;
        assert_eq!((none.texts(".plain h2"), none.texts(".app").len()), (vec!["Any other app".to_owned()], 5));
    })
    .await;
}

#[tokio::test]
async fn an_app_behind_a_proxy_and_one_that_is_told_of_sign_outs_come_prefilled() {
    on_both_databases(async |provider| {
        let (_, browser) = admin(provider).await;
        let register = async |app: &str, name: &str, address: &str| {
            let form = browser.get(&format!("/admin/clients/new?app={app}")).await;
            let done = browser.submit(&form, "/admin/clients", &[("name", name), ("app_url", address)]).await;
            assert_eq!(done.status, 200, "{:?}", done.texts(".mistake"));
            let list = browser.get(&format!("/admin/clients?q={name}")).await;
            (done, browser.get(&list.attribute("tbody th a", "href").expect("a link")).await)
        };
        let (done, page) = register("proxied-app", "Intranet", "intranet.example.org/start").await;
        assert_eq!(page.texts("[name=proxied_addresses]"), ["https://intranet.example.org"]);
        assert_eq!(page.attribute("[name=launch_url]", "value").as_deref(), Some("https://intranet.example.org/start"));
        let snippets = browser.get(&done.attribute("main section a", "href").expect("the way to the proxy")).await;
        assert!(snippets.texts("textarea").join("").contains("X-Original-URL https://intranet.example.org$request_uri"), "{}", snippets.body);
        assert!(done.texts("#issuer").is_empty(), "it asks for no addresses of ours");
        let (_, page) = register("synapse", "Matrix", "https://matrix.example.org").await;
        let told = page.attribute("[name=backchannel_logout_uri]", "value");
        assert_eq!(told.as_deref(), Some("https://matrix.example.org/_synapse/client/oidc/backchannel_logout"));
    })
    .await;
}

#[tokio::test]
async fn a_mistake_in_a_folded_part_of_the_form_opens_it() {
    on_both_databases(async |provider| {
        let (_, browser) = admin(provider).await;
        let client = provider.client().await;
        let path = format!("/admin/clients/{}", client.id);
        let page = browser.get(&path).await;
        assert!(open_parts(&page).is_empty());
        assert!(page.texts("details.fold summary").join(" ").contains("RS256, lifetimes as in the settings"));
        let refused = browser.submit(&page, &path, &[("refresh_days", "9999"), ("initiate_login_uri", "http://x.example/")]).await;
        assert_eq!((refused.status.as_u16(), open_parts(&refused)), (422, vec!["Signing people in".to_owned(), "Tokens".to_owned()]));
        assert_eq!(refused.texts("details.fold[open] .mistake").len(), 2);
    })
    .await;
}

/// Uploads a file as the form for a logo does.
async fn upload(browser: &Browser, path: &str, site: &str, file: &[u8]) -> Answer {
    let mut body = b"--limit\r\ncontent-disposition: form-data; name=\"logo\"; filename=\"x.png\"\r\n\r\n".to_vec();
    body.extend_from_slice(file);
    body.extend_from_slice(b"\r\n--limit--\r\n");
    let request = browser.request(Method::POST, path).header("sec-fetch-site", site).header("content-type", "multipart/form-data; boundary=limit");
    answer(request.body(body)).await
}

/// A picture that cannot be packed small.
fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let noise = |x: u32, y: u32| (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503_001)).wrapping_mul(2_246_822_519).to_le_bytes();
    let logo = image::RgbaImage::from_fn(width, height, |x, y| image::Rgba(noise(x, y)));
    logo.write_to(&mut std::io::Cursor::new(&mut bytes), image::ImageFormat::Png).expect("a PNG");
    bytes
}

#[tokio::test]
async fn a_logo_is_rewritten_and_shown_wherever_people_meet_the_app() {
    on_both_databases(async |provider| {
        let (_, browser) = admin(provider).await;
        let client =
            provider.client_with(|it| (it.skip_consent, it.policies.presentation.launch_url) = (false, "https://wiki.example.org".into()), &[]).await;
        let (page, path) = (format!("/admin/clients/{}", client.id), format!("/admin/clients/{}/logo", client.id));
        assert_eq!(browser.get(&page).await.texts(".heading .tile"), ["W"]);
        let large = png(400, 200);
        assert!(large.len() > 64 * 1024, "more than other forms may hold");
        assert_eq!(upload(&browser, &path, "same-origin", &large).await.status, 303);
        let logo = browser.get(&page).await.attribute(".heading img.tile", "src").expect("a logo");
        let shown = browser.get(&logo).await;
        assert_eq!((shown.status.as_u16(), shown.header("content-type"), shown.header("x-content-type-options")), (200, "image/png", "nosniff"));
        let consent = browser.get(&client.request(&[])).await;
        for (place, page) in [("consent", &consent), ("apps", &browser.get("/account/apps").await), ("list", &browser.get("/admin/clients").await)] {
            assert_eq!(page.attribute("img.tile", "src").as_deref(), Some(logo.as_str()), "{place}");
        }

        let svg = "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
        for (file, says) in [(svg.as_bytes(), "neither JPEG nor PNG, WebP or GIF"), (b"", "Choose a file"), (&large[..200], "damaged")] {
            let refused = upload(&browser, &path, "same-origin", file).await;
            assert_eq!(refused.status, 422, "{says}");
            assert!(refused.texts("#m-logo")[0].contains(says), "{:?}", refused.texts("#m-logo"));
        }
        assert_eq!(upload(&browser, &path, "cross-site", &png(4, 4)).await.status, 403, "forged");
        let ada = provider.browser_of(&provider.person("ada").await).await;
        assert_eq!(upload(&ada, &path, "same-origin", &png(4, 4)).await.status, 403);
        assert_eq!(
            browser.get(&page).await.attribute(".heading img.tile", "src").as_deref(),
            Some(logo.as_str()),
            "the refused ones changed nothing"
        );

        let removed = browser.submit(&browser.get(&page).await, &format!("{path}/remove"), &[]).await;
        assert!(browser.follow(removed).await.texts(".notice").join("").contains("removed"));
        assert_eq!(browser.get(&logo).await.status, 404);
    })
    .await;
}

#[tokio::test]
async fn people_find_the_apps_they_may_open_also_before_they_used_one() {
    on_both_databases(async |provider| {
        let ada = provider.person("ada").await;
        let browser = provider.browser_of(&ada).await;
        provider.group("staff", &[&ada]).await;
        provider.group("board", &[]).await;
        let opened = |name: &'static str| {
            move |it: &mut muster::clients::Registration| {
                it.name = name.into();
                it.policies.presentation.launch_url = format!("https://{}.example.org", name.to_lowercase());
            }
        };
        let wiki = provider.client_with(opened("Wiki"), &[]).await;
        provider.client_with(opened("Payroll"), &["staff"]).await;
        provider.client_with(opened("Minutes"), &["board"]).await;
        provider.client_with(|it| it.name = "Unlisted".into(), &[]).await;
        let start = browser.get("/").await;
        assert_eq!(start.location().expect("a redirect").path(), "/account/apps", "where people land who came from nowhere");
        let page = browser.get("/account/apps").await;
        assert_eq!(page.texts("h2"), ["Payroll", "Wiki"]);
        assert_eq!(page.attribute("h2 a", "href").as_deref(), Some("https://payroll.example.org"));
        assert!(page.texts(".card").iter().all(|card| card.contains("Not used yet")) && page.texts("details").is_empty());
        wiki.tokens(&browser, &[("scope", "openid email")]).await;
        let page = browser.get("/account/apps").await;
        let card = &page.texts(".card")[1];
        assert!(card.contains("Last used") && card.contains("See your e-mail address") && card.contains("loses its access at once"), "{card}");
        // Someone who loses the app still sees what it has of them, and can take it back.
        let close = query("UPDATE clients SET restricted = $2 WHERE id = $1").bind(wiki.id).bind(true);
        provider.execute(close).await;
        let page = browser.get("/account/apps").await;
        assert!(page.texts(".card")[1].contains("may no longer use") && page.attribute("h2 a[href*=wiki]", "href").is_none());
        let gone = browser.submit(&page, &format!("/account/apps/{}/revoke", wiki.id), &[]).await;
        assert_eq!(browser.follow(gone).await.texts("h2"), ["Payroll"]);
    })
    .await;
}

#[tokio::test]
async fn the_command_line_registers_a_known_app_and_lists_what_was_decided() {
    let muster = Muster::new();
    let created = muster.run(["clients", "create", "--template", "nextcloud", "--url", "cloud.example.org", "--format", "json"]).await;
    assert_eq!(created.status, 0, "{created:#?}");
    assert!(created.json()["client_secret"].as_str().is_some_and(|secret| secret.starts_with("muster_cs_")));
    let all = [
        "clients",
        "create",
        "--template",
        "machine",
        "--name",
        "Robot",
        "--own-scope",
        "read:things",
        "--own-scope",
        "write:things",
        "--require-par",
        "--code-seconds",
        "30",
        "--access-minutes",
        "5",
        "--id-token-minutes",
        "6",
        "--refresh-days",
        "7",
        "--for-devices",
        "--initiate-login-uri",
        "https://robot.example.org/login",
        "--launch-url",
        "https://robot.example.org",
        "--signing-alg",
        "ES256",
        "--format",
        "json",
    ];
    assert_eq!(muster.run(all).await.status, 0);
    let listed = muster.run(["clients", "list", "--format", "json"]).await.json();
    let cloud = &listed[0];
    assert_eq!((&cloud["name"], &cloud["template"], &cloud["url"]), (&json!("Nextcloud"), &json!("nextcloud"), &json!("https://cloud.example.org")));
    assert_eq!(cloud["redirect_uris"][0], "https://cloud.example.org/apps/user_oidc/code");
    assert_eq!(
        (&cloud["launch_url"], &cloud["claims_in_id_token"], &cloud["own_scopes"]),
        (&json!("https://cloud.example.org"), &json!(true), &json!([]))
    );
    let robot = &listed[1];
    let lifetimes = json!({ "code_seconds": 30, "access_minutes": 5, "id_token_minutes": 6, "refresh_days": 7 });
    for (field, value) in [
        ("lifetimes", lifetimes),
        ("require_par", json!(true)),
        ("for_devices", json!(true)),
        ("acts_alone", json!(true)),
        ("own_scopes", json!(["read:things", "write:things"])),
        ("initiate_login_uri", json!("https://robot.example.org/login")),
        ("launch_url", json!("https://robot.example.org")),
        ("signing_alg", json!("ES256")),
        ("redirect_uris", json!([])),
        ("public", json!(false)),
    ] {
        assert_eq!(robot[field], value, "{field}");
    }

    let told = muster.run(["clients", "create", "--template", "gitea", "--url", "https://git.example.org", "--name", "Our Gitea"]).await;
    assert!(told.stdout.contains("Authentication Name: muster") && told.stdout.contains("--auto-discover-url=http"), "{}", told.stdout);
    let closed = muster.run(["clients", "create", "--template", "gitea"]).await;
    assert!(
        (closed.status, closed.stdout.as_str()) == (1, "") && closed.stderr.contains("--url") && closed.stderr.contains("git.example.org"),
        "{closed:#?}"
    );
    for (option, value, says) in [("--template", "nextclod", "nearest is nextcloud"), ("--url", "https://x.example", "--template")] {
        let wrong = muster.run(["clients", "create", option, value]).await;
        assert!(wrong.status == 2 && wrong.stderr.contains(says), "{wrong:#?}");
    }
    assert_eq!(muster.run(["clients", "list", "--format", "json"]).await.json().as_array().map(Vec::len), Some(3));
}
