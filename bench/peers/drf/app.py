"""Django REST framework with simplejwt, and what `startproject` sets.

`python app.py` makes the database, `python app.py N` prints a token of each of the first N users.
"""

import os
import sys
from datetime import timedelta
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher

ENGINES = {"sqlite": "django.db.backends.sqlite3", "postgresql": "django.db.backends.postgresql"}

url = urlsplit(os.environ["BENCH_DATABASE"])
LIFETIME = int(os.environ["BENCH_TOKEN_LIFETIME"])


class Hasher(Argon2PasswordHasher):
    time_cost = int(os.environ["BENCH_HASH_TIME"])
    memory_cost = int(os.environ["BENCH_HASH_MEMORY"])
    parallelism = 1


settings.configure(
    SECRET_KEY=os.environ["BENCH_SECRET"],
    DEBUG=False,
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "rest_framework",
    ],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    DATABASES={
        "default": {
            "ENGINE": ENGINES[url.scheme],
            "NAME": url.path[1:],
            "USER": url.username,
            "HOST": url.hostname,
            "PORT": url.port,
        }
    },
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
    PASSWORD_HASHERS=[f"{__name__}.Hasher"],
    SIMPLE_JWT={"ACCESS_TOKEN_LIFETIME": timedelta(seconds=LIFETIME)},
)
sys.modules.setdefault("app", sys.modules[__name__])
django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import Http404  # noqa: E402
from django.urls import path, reverse  # noqa: E402
from rest_framework import serializers  # noqa: E402
from rest_framework.authentication import BasicAuthentication  # noqa: E402
from rest_framework.exceptions import ValidationError  # noqa: E402
from rest_framework.generics import CreateAPIView, RetrieveAPIView  # noqa: E402
from rest_framework.permissions import IsAuthenticated  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402
from rest_framework_simplejwt.authentication import JWTAuthentication  # noqa: E402
from rest_framework_simplejwt.exceptions import InvalidToken  # noqa: E402
from rest_framework_simplejwt.tokens import AccessToken  # noqa: E402


class TokenOrPassword(BasicAuthentication):
    www_authenticate_realm = "Authentication Required"
    by_token = JWTAuthentication()

    def authenticate_credentials(self, userid, password, request=None):
        try:
            token = self.by_token.get_validated_token(userid)
        except InvalidToken:
            return super().authenticate_credentials(userid, password, request)
        return self.by_token.get_user(token), None


class UserSerializer(serializers.ModelSerializer):
    class Meta:
        model = User
        fields = ("username", "password")
        extra_kwargs = {"password": {"write_only": True}}

    def create(self, validated_data):
        return User.objects.create_user(**validated_data)


class Users(CreateAPIView):
    authentication_classes = ()
    serializer_class = UserSerializer

    def perform_create(self, serializer):
        self.made = serializer.save()

    def get_success_headers(self, data):
        url = reverse("user", args=(self.made.id,))
        return {"Location": self.request.build_absolute_uri(url)}


class OneUser(RetrieveAPIView):
    authentication_classes = ()
    queryset = User.objects.all()
    serializer_class = UserSerializer

    def get_object(self):
        try:
            return super().get_object()
        except Http404:
            raise ValidationError from None


class Guarded(APIView):
    authentication_classes = (TokenOrPassword,)
    permission_classes = (IsAuthenticated,)


class Token(Guarded):
    def get(self, request):
        token = AccessToken.for_user(request.user)
        return Response({"token": str(token), "duration": LIFETIME})


class Resource(Guarded):
    def get(self, request):
        return Response({"data": f"Hello, {request.user.username}!"})


class Welcome(APIView):
    authentication_classes = ()

    def get(self, request):
        return Response({"help": request.build_absolute_uri("/")})


urlpatterns = [
    path("", Welcome.as_view()),
    path("api/users", Users.as_view()),
    path("api/users/<int:pk>", OneUser.as_view(), name="user"),
    path("api/token", Token.as_view()),
    path("api/resource", Resource.as_view()),
]
app = get_wsgi_application()

if __name__ == "__main__":
    call_command("migrate", verbosity=0)
    for user_id in range(1, int((sys.argv[1:] or [0])[0]) + 1):
        print(AccessToken.for_user(User(id=user_id)))
