"""The seed's own stack: Flask, Flask-HTTPAuth, Flask-SQLAlchemy, PyJWT.

`python app.py` makes the database, `python app.py N` prints a token of each of the first N users.
"""

import os
import sys
import time

import jwt
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from flask_httpauth import HTTPBasicAuth
from flask_sqlalchemy import SQLAlchemy

from flask import Flask, abort, g, jsonify, request, url_for

LIFETIME = int(os.environ["BENCH_TOKEN_LIFETIME"])
KEY = os.environ["BENCH_SECRET"]

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["BENCH_DATABASE"]
db = SQLAlchemy(app)
auth = HTTPBasicAuth()
hasher = PasswordHasher(
    time_cost=int(os.environ["BENCH_HASH_TIME"]),
    memory_cost=int(os.environ["BENCH_HASH_MEMORY"]),
    parallelism=1,
)


class User(db.Model):
    __tablename__ = "users"
    id = db.Column(db.Integer, primary_key=True)
    username = db.Column(db.String(32), index=True)
    password_hash = db.Column(db.String(128))

    def verify_password(self, password):
        try:
            return hasher.verify(self.password_hash, password)
        except VerificationError:
            return False

    def generate_auth_token(self):
        return jwt.encode({"id": self.id, "exp": time.time() + LIFETIME}, KEY, algorithm="HS256")

    @staticmethod
    def verify_auth_token(token):
        try:
            data = jwt.decode(token, KEY, algorithms=["HS256"])
        except jwt.InvalidTokenError:
            return None
        return db.session.get(User, data["id"])


@auth.verify_password
def verify_password(username_or_token, password):
    user = User.verify_auth_token(username_or_token)
    if not user:
        user = User.query.filter_by(username=username_or_token).first()
        if not user or not user.verify_password(password):
            return False
    g.user = user
    return True


@app.get("/")
def welcome():
    return jsonify({"help": url_for("welcome", _external=True)})


@app.post("/api/users")
def new_user():
    username, password = request.json.get("username"), request.json.get("password")
    if not username or not password:
        abort(400)
    if User.query.filter_by(username=username).first() is not None:
        abort(400)
    user = User(username=username, password_hash=hasher.hash(password))
    db.session.add(user)
    db.session.commit()
    location = {"Location": url_for("get_user", id=user.id, _external=True)}
    return jsonify({"username": user.username}), 201, location


@app.get("/api/users/<int:id>")
def get_user(id):
    user = db.session.get(User, id)
    if not user:
        abort(400)
    return jsonify({"username": user.username})


@app.get("/api/token")
@auth.login_required
def get_auth_token():
    return jsonify({"token": g.user.generate_auth_token(), "duration": LIFETIME})


@app.get("/api/resource")
@auth.login_required
def get_resource():
    return jsonify({"data": f"Hello, {g.user.username}!"})


if __name__ == "__main__":
    with app.app_context():
        db.create_all()
        for user_id in range(1, int((sys.argv[1:] or [0])[0]) + 1):
            print(User(id=user_id).generate_auth_token())
