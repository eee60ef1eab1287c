"""Ed25519 signing as RFC 8032 §6 shows it, and compact JWS. Slow and not hardened: for forging in tests only."""
import base64
import hashlib
import json

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def add(a, b):
    s = (a[1] - a[0]) * (b[1] - b[0]) % P
    t = (a[1] + a[0]) * (b[1] + b[0]) % P
    u = 2 * a[3] * b[3] * D % P
    v = 2 * a[2] * b[2] % P
    e, f, g, h = t - s, v - u, v + u, t + s
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiply(scalar, point):
    result = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point = add(point, point)
        scalar >>= 1
    return result


def base_point():
    y = 4 * pow(5, P - 2, P) % P
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P)
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if x & 1:
        x = P - x
    return x, y, 1, x * y % P


BASE = base_point()


def compress(point):
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | ((x & 1) << 255)).to_bytes(32, "little")


def expand(seed):
    digest = hashlib.sha512(seed).digest()
    scalar = int.from_bytes(digest[:32], "little")
    scalar &= (1 << 254) - 8
    return scalar | (1 << 254), digest[32:]


def public_key(seed):
    return compress(multiply(expand(seed)[0], BASE))


def sign(seed, message):
    scalar, prefix = expand(seed)
    public = compress(multiply(scalar, BASE))
    r = int.from_bytes(hashlib.sha512(prefix + message).digest(), "little") % ORDER
    head = compress(multiply(r, BASE))
    h = int.from_bytes(hashlib.sha512(head + public + message).digest(), "little") % ORDER
    return head + ((r + h * scalar) % ORDER).to_bytes(32, "little")


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def thumbprint(public):
    """RFC 7638, the `kid` of our keys."""
    jwk = '{"crv":"Ed25519","kty":"OKP","x":"%s"}' % base64url(public)
    return base64url(hashlib.sha256(jwk.encode()).digest())


def jws(seed, typ, claims, header=None):
    """A compact JWS. `header` replaces or adds members of the protected header, for forging."""
    head = {"alg": "EdDSA", "kid": thumbprint(public_key(seed)), "typ": typ}
    head.update(header or {})
    compact = {"separators": (",", ":"), "ensure_ascii": False}
    signed = base64url(json.dumps(head, **compact).encode()) + "." + base64url(json.dumps(claims, **compact).encode())
    return signed + "." + base64url(sign(seed, signed.encode()))
