//! Pictures of people: read apart from their sync, made small, told to apps, and gone when the directory has none any more.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use muster::app::App;
use muster::clock::Clock;
use muster::config::Config;
use muster::directory::{self, Order, Outcome};
use muster::users::User;
use muster::{server, users};

use crate::support::app::Engine;
use crate::support::slapd::{BASE, SERVICE_DN, SERVICE_PASSWORD, Slapd, person, person_dn};
use crate::support::{janitor, postgres};

fn photo(colour: u8) -> String {
    let mut bytes = Vec::new();
    let picture = image::RgbImage::from_pixel(400, 300, image::Rgb([colour, 90, 160]));
    image::DynamicImage::ImageRgb8(picture).write_to(&mut Cursor::new(&mut bytes), image::ImageFormat::Jpeg).expect("a picture");
    STANDARD.encode(bytes)
}

async fn open(slapd: &Slapd, database: &str, clock: &Clock) -> App {
    let url = slapd.url();
    let variables = [
        ("DB_CONNECTION_STRING", database),
        ("ENCRYPTION_KEY", "muster-key-dGhlIGtleSB0aGF0IGV2ZXJ5IHRlc3QgaGVyZSBoYXM"),
        ("LDAP_ENABLED", "true"),
        ("LDAP_URL", &url),
        ("LDAP_BIND_DN", SERVICE_DN),
        ("LDAP_BIND_PASSWORD", SERVICE_PASSWORD),
        ("LDAP_BASE", BASE),
    ];
    let variables: BTreeMap<String, String> = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let config = Config::from_variables(&variables, &server::setting_names()).expect("a configuration");
    server::open(config, clock.clone()).await.expect("the database opens")
}

async fn look(app: &App, clock: &Clock) {
    clock.advance(Duration::from_secs(7200));
    directory::pictures::sync_if_due(app).await.expect("pictures");
}

async fn who(app: &App, username: &str) -> User {
    users::find_by_name(&mut app.db.read().await.expect("a connection"), username).await.expect("an answer").expect("somebody")
}

#[tokio::test]
async fn a_picture_in_the_directory_becomes_a_small_one_here_and_goes_with_it() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let ada = person("ada", "Ada", "Lovelace").trim_end().to_owned() + &format!("\njpegPhoto:: {}\n\n", photo(200));
        let grace = person("grace", "Grace", "Hopper").trim_end().to_owned() + "\njpegPhoto: http://169.254.169.254/latest\n\n";
        let slapd = Slapd::start(&(ada + &grace + &person("linus", "Linus", "Torvalds"))).await;
        let folder = janitor::directory("pictures");
        let database = match engine {
            Engine::Sqlite => format!("sqlite://{}", folder.path().join("muster.db").display()),
            Engine::Postgres => postgres::database().await,
        };
        let clock = Clock::system();
        let app = open(&slapd, &database, &clock).await;
        let report = directory::sync(&app, directory::DEFAULT, &Order::of_command(None)).await.expect("a run");
        assert_eq!(report.outcome, Outcome::Applied, "{report:?}");
        assert_eq!(who(&app, "ada").await.picture_path(), None, "the sync itself reads no picture");

        look(&app, &clock).await;
        let ada = who(&app, "ada").await;
        let mut conn = app.db.read().await.expect("a connection");
        let (media_type, bytes) = users::pictures::read(&mut conn, ada.id, &ada.picture).await.expect("an answer").expect("a picture");
        assert_eq!(media_type, "image/jpeg");
        let small = image::load_from_memory(&bytes).expect("a JPEG");
        assert_eq!((small.width(), small.height()), (256, 256));
        assert!(users::pictures::read(&mut conn, ada.id, "0123456789abcdef0123456789abcdef").await.expect("an answer").is_none());
        drop(conn);
        assert_eq!(who(&app, "grace").await.picture, "", "an address is nothing to follow");
        assert_eq!(who(&app, "linus").await.picture, "");

        // Another picture has another address; none has none.
        let change = format!("dn: {}\nchangetype: modify\nreplace: jpegPhoto\njpegPhoto:: {}\n", person_dn("ada"), photo(20));
        slapd.tools().modify(&change).await;
        look(&app, &clock).await;
        let changed = who(&app, "ada").await;
        assert!(!changed.picture.is_empty() && changed.picture != ada.picture);
        // One that cannot be used takes the former one's place all the same, and is remembered so that it is not read every hour.
        let address = format!("dn: {}\nchangetype: modify\nreplace: jpegPhoto\njpegPhoto: http://169.254.169.254/latest\n", person_dn("ada"));
        slapd.tools().modify(&address).await;
        look(&app, &clock).await;
        assert_eq!(who(&app, "ada").await.picture, "");
        let left_out = muster::db::query("SELECT COUNT(*) FROM user_pictures WHERE media_type = '' AND source_stamp <> ''");
        let (count,): (i64,) = left_out.one(&mut app.db.read().await.expect("a connection")).await.expect("a number");
        assert_eq!(count, 2, "Ada's and Grace's");
        slapd.tools().modify(&format!("dn: {}\nchangetype: modify\ndelete: jpegPhoto\n", person_dn("ada"))).await;
        look(&app, &clock).await;
        assert_eq!(who(&app, "ada").await.picture, "");
        app.db.close().await;
    }
}
