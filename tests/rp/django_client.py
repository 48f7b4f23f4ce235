"""A Django site with mozilla-django-oidc. Django's own test client is the browser on the site's side."""

import time
from urllib.parse import parse_qs, urlencode, urlsplit

import django
import requests
from django.conf import settings

from conversation import browse, done, hear

told = hear()
metadata = requests.get(f"{told['issuer']}/.well-known/openid-configuration", timeout=30).json()
host = urlsplit(told["redirect_uri"]).netloc
settings.configure(
    SECRET_KEY="only for this run",
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=[host],
    SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"),
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "mozilla_django_oidc"],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "mozilla_django_oidc.middleware.SessionRefresh",
    ],
    AUTHENTICATION_BACKENDS=[f"{__name__}.Backend"],
    OIDC_RP_CLIENT_ID=told["client_id"],
    OIDC_RP_CLIENT_SECRET=told["client_secret"],
    OIDC_RP_SIGN_ALGO=told["alg"],
    OIDC_RP_SCOPES="openid profile email groups",
    OIDC_USE_PKCE=True,
    OIDC_OP_AUTHORIZATION_ENDPOINT=metadata["authorization_endpoint"],
    OIDC_OP_TOKEN_ENDPOINT=metadata["token_endpoint"],
    OIDC_OP_USER_ENDPOINT=metadata["userinfo_endpoint"],
    OIDC_OP_JWKS_ENDPOINT=metadata["jwks_uri"],
    OIDC_OP_LOGOUT_URL_METHOD=f"{__name__}.where_to_sign_out",
    OIDC_STORE_ID_TOKEN=True,
    LOGIN_REDIRECT_URL="/",
    LOGOUT_REDIRECT_URL="/",
)
django.setup()

# These want settings first.
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client
from django.urls import include, path
from mozilla_django_oidc.auth import OIDCAuthenticationBackend


class Backend(OIDCAuthenticationBackend):
    """Takes the username from the provider and keeps the groups."""

    def create_user(self, claims):
        return self.update_user(User(username=claims["preferred_username"], email=claims["email"]), claims)

    def update_user(self, user, claims):
        user.save()
        user.groups.set([Group.objects.get_or_create(name=name)[0] for name in claims.get("groups", [])])
        self.request.session["userinfo"] = claims
        return user


def home(request):
    return HttpResponse(request.user.username)


def where_to_sign_out(request):
    """At the provider, after the site has signed the person out itself."""
    question = {"id_token_hint": request.session["oidc_id_token"], "post_logout_redirect_uri": told["post_logout_redirect_uri"], "state": "bye"}
    return f"{metadata['end_session_endpoint']}?{urlencode(question)}"


def local(url):
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


urlpatterns = [path("oidc/", include("mozilla_django_oidc.urls")), path("", home)]
call_command("migrate", verbosity=0)
site = Client(headers={"host": host, "x-forwarded-proto": "https"})

landed = site.get(local(browse(site.get("/oidc/authenticate/")["Location"])))
assert landed.status_code == 302 and landed["Location"] == "/", (landed.status_code, landed.headers)
user = User.objects.get()
session = site.session
userinfo = session["userinfo"]
del session["userinfo"]

# The library refreshes by asking again without a page, when what it knows is too old.
session["oidc_id_token_expiration"] = time.time() - 1
session.save()
silent = site.get("/")["Location"]
assert "prompt=none" in silent, silent
site.get(local(browse(silent)))
again = site.session.get("userinfo")
claims = {
    "sub": userinfo["sub"],
    "preferred_username": site.get("/").content.decode(),
    "groups": sorted(user.groups.values_list("name", flat=True)),
    "email": user.email,
}
# It was forgotten above, so that it is there again only when the library has asked again.
refreshed = again is not None
after = browse(site.post("/oidc/logout/")["Location"])
# Asked without a page once more, now that the person has signed out.
refused = parse_qs(urlsplit(browse(silent)).query)["error"][0]
done({"claims": claims, "userinfo": userinfo, "again": again, "refreshed": refreshed, "after": after, "refused": refused})
