"""What each test login meets between the password and the accounts."""

from kontobank.people.owners import LOGINS_WITHOUT_CODE, is_known

SMS = "sms"
TOKEN = "token"  # noqa: S105 - the name of a step
OTP = "otp"
APP = "app"
CAPTCHA = "captcha"
PICTURE = "picture"
NOTICE = "notice"
TERMS = "terms"
CODE_STEPS = (SMS, TOKEN, OTP)

STEPS_OF_LOGIN: dict[str, tuple[str, ...]] = {
    "test-token": (TOKEN,),
    "test-otp": (OTP,),
    "test-app": (APP,),
    "test-app-refused": (APP,),
    "test-app-late": (APP,),
    "test-captcha": (CAPTCHA, SMS),
    "test-picture": (PICTURE, SMS),
    "test-notice": (SMS, NOTICE),
    "test-terms": (SMS, TERMS),
    "test-all": (CAPTCHA, PICTURE, APP, TOKEN, NOTICE),
    "test-short": (),
}
APPROVED_AT_POLL = 2
REFUSED_LOGIN = "test-app-refused"
LATE_LOGIN = "test-app-late"
SHORT_LOGIN = "test-short"  # the bank forgets this login after two idle seconds

# what a person may call themselves by; the value of every kind is a test login
ID_TYPES = (
    "STATIC_LOGIN",
    "DOCUMENT",
    "PASSPORT",
    "PERSONAL_NUMBER",
    "TAX_NUMBER",
    "CORPORATE_TAX_NUMBER",
    "FOREIGN_CITIZEN_NUMBER",
    "CARD_NUMBER",
    "COMPANY_LOGIN",
    "QUALIFIED_CERTIFICATE",
    "CLIENT_CERTIFICATE",
    "CHOICE",
)
BRANCHES = {"0101": "Oficina Ejemplo", "0102": "Oficina Prueba", "0103": "Oficina Modelo"}


def knows(login: str) -> bool:
    """Whether the online service lets this login in, with the published password."""
    return login in STEPS_OF_LOGIN or is_known(login)


def steps_of(login: str) -> tuple[str, ...]:
    """What comes after the right password, in order."""
    if login in STEPS_OF_LOGIN:
        return STEPS_OF_LOGIN[login]
    return () if login in LOGINS_WITHOUT_CODE else (SMS,)
