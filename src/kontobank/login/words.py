"""The words of the pages, by country; English where a country has none of its own."""

ENGLISH = {
    "lang": "en",
    "sign_in": "Sign in to your bank",
    "lead": "A licensed third party asks to read your account data. Sign in to decide.",
    "login": "Login",
    "password": "Password",
    "next": "Sign in",
    "confirm": "Confirm with the SMS code",
    "code_lead": "We have sent a code to your telephone (a mock bank sends none).",
    "code": "SMS code",
    "confirm_button": "Confirm",
    "consent": "Consent to account access",
    "consent_lead": "will be able to read, until",
    "accounts": "Choose the accounts",
    "approve": "Approve",
    "cancel": "Cancel and go back",
    "InvalidCredentials": "These details are not right. Try again.",
    "NoAccountChosen": "Choose at least one account.",
    "gone": "This sign-in has ended",
    "gone_lead": "It was finished or is too old. Go back to where you came from and start again.",
    "app": "Your bank's app",
    "app_empty": "Nothing waits for your decision.",
    "deny": "Refuse",
    "simulated": "This is a simulation by KontoBank, not the real bank of this name.",
    "mock": "KontoBank is a mock bank for tests: no real money, no real people.",
    "ais:getAccount": "account details, owner and balance",
    "ais:getTransactionsDone": "history of booked transactions",
    "ais:getTransactionsPending": "pending transactions",
    "ais:getTransactionsRejected": "rejected transactions",
    "ais:getTransactionsCancelled": "cancelled transactions",
    "ais:getTransactionsScheduled": "scheduled transactions",
    "ais:getHolds": "holds",
    "ais:getTransactionDetail": "details of a transaction",
    "ais-accounts:getAccounts": "list of your accounts",
    "days": "days back",
}
POLISH = {
    "lang": "pl",
    "sign_in": "Zaloguj się do banku",
    "lead": "Uprawniona firma prosi o dostęp do danych rachunku. Zaloguj się, aby zdecydować.",
    "login": "Login",
    "password": "Hasło",
    "next": "Zaloguj się",
    "confirm": "Potwierdź kodem SMS",
    "code_lead": "Wysłaliśmy kod na Twój telefon (bank na niby nie wysyła żadnego).",
    "code": "Kod SMS",
    "confirm_button": "Potwierdź",
    "consent": "Zgoda na dostęp do rachunku",
    "consent_lead": "będzie mogła odczytać, do dnia",
    "accounts": "Wybierz rachunki",
    "approve": "Wyrażam zgodę",
    "cancel": "Anuluj i wróć",
    "InvalidCredentials": "Podane dane są nieprawidłowe. Spróbuj ponownie.",
    "NoAccountChosen": "Wybierz co najmniej jeden rachunek.",
    "gone": "To logowanie jest już zakończone",
    "gone_lead": "Zostało dokończone albo wygasło. Wróć na poprzednią stronę i zacznij od nowa.",
    "app": "Aplikacja banku",
    "app_empty": "Nic nie czeka na decyzję.",
    "deny": "Odrzuć",
    "simulated": "To symulacja w KontoBanku, a nie prawdziwy bank o tej nazwie.",
    "mock": "KontoBank to bank na niby, do testów: bez prawdziwych pieniędzy i osób.",
    "ais:getAccount": "dane rachunku, właściciela i saldo",
    "ais:getTransactionsDone": "historię zaksięgowanych operacji",
    "ais:getTransactionsPending": "operacje oczekujące",
    "ais:getTransactionsRejected": "operacje odrzucone",
    "ais:getTransactionsCancelled": "operacje anulowane",
    "ais:getTransactionsScheduled": "operacje zaplanowane",
    "ais:getHolds": "blokady środków",
    "ais:getTransactionDetail": "szczegóły operacji",
    "ais-accounts:getAccounts": "listę Twoich rachunków",
    "days": "dni wstecz",
}
TITLES = {
    "cz": ("Přihlášení do banky", "Potvrzení kódem SMS", "Souhlas s přístupem k účtu"),
    "es": ("Acceso a su banco", "Confirme con el código SMS", "Consentimiento de acceso"),
    "pt": ("Entrar no seu banco", "Confirme com o código SMS", "Consentimento de acesso"),
    "ro": ("Autentificare la bancă", "Confirmați cu codul SMS", "Consimțământ de acces"),
    "lt": ("Prisijungimas prie banko", "Patvirtinkite SMS kodu", "Sutikimas dėl prieigos"),
    "lv": ("Pieslēgšanās bankai", "Apstipriniet ar SMS kodu", "Piekrišana piekļuvei"),
    "ee": ("Panka sisselogimine", "Kinnitage SMS-koodiga", "Nõusolek juurdepääsuks"),
}


def words_of(country: str, language: str | None = None) -> dict[str, str]:
    """The words of a country's pages; `language` en or pl overrides."""
    if language == "pl" or (language is None and country == "pl"):
        return POLISH
    if language == "en" or country not in TITLES:
        return ENGLISH
    sign_in, confirm, consent = TITLES[country]
    return {**ENGLISH, "sign_in": sign_in, "confirm": confirm, "consent": consent}
