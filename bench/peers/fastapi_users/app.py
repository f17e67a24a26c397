"""FastAPI with fastapi-users: its SQLAlchemy database, user manager and JWT strategy.

`python app.py` makes the database, `python app.py N` prints a token of each of the first N users.
A name is kept as an address, since fastapi-users knows its users by that.
"""

import asyncio
import os
import sys
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBasic, HTTPBasicCredentials, OAuth2PasswordRequestForm
from fastapi_users import BaseUserManager, IntegerIDMixin, exceptions, schemas
from fastapi_users.authentication import JWTStrategy
from fastapi_users.db import SQLAlchemyBaseUserTable, SQLAlchemyUserDatabase
from fastapi_users.password import PasswordHelper
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from pydantic import BaseModel
from sqlalchemy import Integer
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

LIFETIME = int(os.environ["BENCH_TOKEN_LIFETIME"])
SECRET = os.environ["BENCH_SECRET"]
DOMAIN = "@example.com"

DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg"}

scheme, address = os.environ["BENCH_DATABASE"].split(":", 1)
engine = create_async_engine(f"{DRIVERS[scheme]}:{address}")
sessions = async_sessionmaker(engine, expire_on_commit=False)
passwords = PasswordHelper(
    PasswordHash(
        (
            Argon2Hasher(
                time_cost=int(os.environ["BENCH_HASH_TIME"]),
                memory_cost=int(os.environ["BENCH_HASH_MEMORY"]),
                parallelism=1,
            ),
        )
    )
)
strategy = JWTStrategy(secret=SECRET, lifetime_seconds=LIFETIME)
basic = HTTPBasic(realm="Authentication Required")
app = FastAPI()


class Base(DeclarativeBase):
    pass


class User(SQLAlchemyBaseUserTable[int], Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)


class UserManager(IntegerIDMixin, BaseUserManager[User, int]):
    reset_password_token_secret = SECRET
    verification_token_secret = SECRET


class Registration(BaseModel):
    username: str
    password: str


async def user_manager():
    async with sessions() as session:
        yield UserManager(SQLAlchemyUserDatabase(session, User), passwords)


Manager = Annotated[UserManager, Depends(user_manager)]


async def current_user(
    manager: Manager, credentials: Annotated[HTTPBasicCredentials, Depends(basic)]
):
    user = await strategy.read_token(credentials.username, manager)
    if user is None and "@" not in credentials.username:
        form = OAuth2PasswordRequestForm(
            username=credentials.username + DOMAIN, password=credentials.password
        )
        user = await manager.authenticate(form)
    if user is None or not user.is_active:
        raise HTTPException(
            401, headers={"WWW-Authenticate": 'Basic realm="Authentication Required"'}
        )
    return user


CurrentUser = Annotated[User, Depends(current_user)]


def name_of(user):
    return user.email.removesuffix(DOMAIN)


@app.get("/")
async def welcome(request: Request):
    return {"help": str(request.url_for("welcome"))}


@app.post("/api/users", status_code=201)
async def new_user(body: Registration, manager: Manager, request: Request):
    wanted = schemas.BaseUserCreate(email=body.username + DOMAIN, password=body.password)
    try:
        user = await manager.create(wanted, safe=True, request=request)
    except exceptions.UserAlreadyExists:
        raise HTTPException(400) from None
    location = {"Location": str(request.url_for("get_user", user_id=user.id))}
    return JSONResponse({"username": name_of(user)}, 201, location)


@app.get("/api/users/{user_id}")
async def get_user(user_id: int, manager: Manager):
    try:
        return {"username": name_of(await manager.get(user_id))}
    except exceptions.UserNotExists:
        raise HTTPException(400) from None


@app.get("/api/token")
async def get_token(user: CurrentUser):
    return {"token": await strategy.write_token(user), "duration": LIFETIME}


@app.get("/api/resource")
async def get_resource(user: CurrentUser):
    return {"data": f"Hello, {name_of(user)}!"}


async def prepare(count):
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    await engine.dispose()
    for user_id in range(1, count + 1):
        print(await strategy.write_token(User(id=user_id)))


if __name__ == "__main__":
    asyncio.run(prepare(int((sys.argv[1:] or [0])[0])))
