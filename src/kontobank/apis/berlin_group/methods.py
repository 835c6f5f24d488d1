"""The methods of strong authentication people have, and the challenges they bring."""

import base64
import struct
import zlib
from typing import Any

from kontobank.people.owners import CHIP_LOGIN, CODE, LOGINS_WITHOUT_CODE, PHOTO_LOGIN
from kontobank.seeds import digest, digits

SMS: dict[str, str] = {
    "authenticationType": "SMS_OTP",
    "authenticationMethodId": "sms",
    "name": "SMS",
    "explanation": "A code to your telephone.",
}
CHIP = {
    "authenticationType": "CHIP_OTP",
    "authenticationVersion": "1.0",
    "authenticationMethodId": "chip",
    "name": "Card reader",
    "explanation": "Type the number into your card reader.",
}
PHOTO = {
    "authenticationType": "PHOTO_OTP",
    "authenticationVersion": "1.0",
    "authenticationMethodId": "photo",
    "name": "Picture",
    "explanation": "Take a photo of the picture with the app.",
}
SEVERAL_LOGIN = "test3"
PIXELS = 64
BLOCK_PIXELS = 8
START_CODE_DIGITS = 8


def methods_of(login: str) -> tuple[dict[str, str], ...]:
    """The person's methods; none for those who need no second factor."""
    if login in LOGINS_WITHOUT_CODE:
        return ()
    if login == SEVERAL_LOGIN:
        return (SMS, CHIP, PHOTO)
    return ({CHIP_LOGIN: CHIP, PHOTO_LOGIN: PHOTO}.get(login, SMS),)


def challenge_of(method: dict[str, str], name: str) -> dict[str, Any]:
    """What the person needs to answer; every answer is the published code."""
    shown: dict[str, Any] = {"otpMaxLength": len(CODE), "otpFormat": "characters"}
    if method is CHIP:
        shown["data"] = [digits("start-code", name, length=START_CODE_DIGITS)]
        shown["additionalInformation"] = "Start code for the card reader"
    if method is PHOTO:
        shown["image"] = base64.b64encode(picture(name)).decode()
    return shown


def picture(name: str) -> bytes:
    """A PNG of black and white blocks, another one for each name."""
    bits = int.from_bytes(digest("picture", name)[:8])
    blocks = PIXELS // BLOCK_PIXELS
    rows = b"".join(
        b"\0"
        + bytes(
            255 * (bits >> (y // BLOCK_PIXELS * blocks + x // BLOCK_PIXELS) & 1)
            for x in range(PIXELS)
        )
        for y in range(PIXELS)
    )
    header = struct.pack(">IIBBBBB", PIXELS, PIXELS, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    checked = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + checked
