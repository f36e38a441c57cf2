"""The words of the printed plan in each language: short sentences that can be read aloud."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from netwatch.communication.people import Duty
from netwatch.communication.planning.playbook import Channel, Reader

Says = Mapping[Reader, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class PlanWords:
    """One language. Braces stand for what the view puts in; `says` is who is told what by a step."""

    duties: Mapping[Duty, str]
    channels: Mapping[Channel, str]
    scopes: Mapping[str, str]
    segments: Mapping[str, str]
    says: Says
    plan: str
    date: str
    on_duty: str
    until: str
    nobody_on_duty: str
    instead: str
    applies: str
    minute: str
    letting_go: str
    nobody: str
    and_: str
    or_: str
    seen: str
    any_incident: str
    announced: str
    not_announced: str
    cause: str
    region: str
    with_customers: str
    at_least: str
    few: tuple[str, str]
    up_to: str
    veto: str
    one_agrees: str
    more: tuple[str, str]
    page_and_customers: str
    customers_told: str
    first_update: str
    no_news: str
    later_updates: str
    these_customers: str
    not_told: tuple[str, str]
    within: str
    post_shown: str
    post_too: str
    person_first: str
    stoppable: str


_EN: Final = PlanWords(
    duties=MappingProxyType({
        Duty.ONCALL: "on call", Duty.LEAD: "incident lead", Duty.STAFF: "staff", Duty.REMOTE: "engineer at the desk",
        Duty.FIELD: "engineer on the road", Duty.HELPDESK: "helpdesk", Duty.COMMUNICATION: "communication",
        Duty.PRESS: "press",
    }),
    channels=MappingProxyType({
        Channel.EMAIL: "mail", Channel.SMS: "SMS", Channel.WEBHOOK: "the on-call service",
        Channel.ALERTMANAGER: "Alertmanager", Channel.PAGERDUTY: "PagerDuty", Channel.APPRISE: "apprise",
        Channel.MASTODON: "Mastodon", Channel.FACEBOOK: "the Facebook page",
    }),
    scopes=MappingProxyType({
        "regional": "an outage of several customers", "customer": "one customer's outage",
        "redundancy": "a reserve that is lost", "monitoring": "netwatch cut off from the network",
    }),
    segments=MappingProxyType({}),
    says=MappingProxyType({
        Reader.ONCALL: ("{people} (on call)", "get the alert by {by} {limit}: the likely cause, who is concerned, what is about to be sent, and who does what."),
        Reader.HELPDESK: ("{people} (helpdesk)", "get the script by {by} {limit}: what they may tell, and what helps."),
        Reader.STAFF: ("All colleagues", "read by {by} {limit} what is going on and who answers questions."),
        Reader.PAGE: ("The outage page", "shows it {limit}: where, since when, and when the next update comes."),
        Reader.PHONE: ("The phone queue", "says it to everyone who calls, {limit}."),
        Reader.SOCIAL: ("{people} (communication)", "get a draft for social media by {by}; a person posts it."),
        Reader.PRESS: ("{people} (press)", "get a draft for the press by {by}; a person releases it."),
        Reader.CRITICAL: ("Critical and wholesale customers", "read by {by} {limit} what happened and what they can do now."),
        Reader.CUSTOMER: ("All other customers concerned", "read by {by} {limit} what happened and what they can do now."),
    }),
    plan="Calamity plan of {company}", date=", as on {at:%a %-d %B %Y %H:%M %Z}", on_duty="On duty",
    until=", until {until:%a %-d %b %H:%M}", nobody_on_duty="nobody", instead="nobody; {people} instead",
    applies="for {what}", minute="Minute {minute}",
    letting_go="How customers' notices are let go|  (customers told within 60 minutes, of all)",
    nobody="Nobody yet", and_="and", or_="or",
    seen="sees that something no longer answers, asks again, and asks the neighbours.",
    any_incident="any incident", announced="announced work", not_announced="not announced",
    cause="cause {which}", region="in {which}", with_customers="with {which} customers", at_least="{count} customers or more",
    few=("Up to {count} customers or {share} of all", "at once."), up_to="Up to {share}",
    veto="after {seconds} s in which anyone on call may stop it.", one_agrees="after one person has agreed.",
    more=("More", "after two different people have agreed."),
    page_and_customers="Page and customers", customers_told="Customers told",
    first_update="read the next update, promised for about {minutes} minutes after the first. {own}",
    no_news='If nobody wrote one, "no news yet" goes out by itself.',
    later_updates="read the one after that, and so on every {minutes} minutes.",
    these_customers="Customers ({which})",
    not_told=("ARE NOT TOLD: {by} is not set up.", "ARE NOT TOLD: {by} are not set up."),
    within="within {seconds} s", post_shown="shows the post once a person has let it go.",
    post_too="{by} shows it too once a person has let it go.", person_first=" A person must let it go first.",
    stoppable=" Never before {seconds} s in which it can be stopped.",
)  # fmt: skip

_NL: Final = PlanWords(
    duties=MappingProxyType({
        Duty.ONCALL: "wachtdienst", Duty.LEAD: "leiding", Duty.STAFF: "medewerkers", Duty.REMOTE: "technicus op afstand",
        Duty.FIELD: "technicus op weg", Duty.HELPDESK: "helpdesk", Duty.COMMUNICATION: "communicatie", Duty.PRESS: "pers",
    }),
    channels=MappingProxyType({
        Channel.EMAIL: "mail", Channel.SMS: "sms", Channel.WEBHOOK: "de alarmdienst",
        Channel.ALERTMANAGER: "Alertmanager", Channel.PAGERDUTY: "PagerDuty", Channel.APPRISE: "apprise",
        Channel.MASTODON: "Mastodon", Channel.FACEBOOK: "de Facebookpagina",
    }),
    scopes=MappingProxyType({
        "regional": "een storing bij meerdere klanten", "customer": "een storing bij één klant",
        "redundancy": "een reserve die wegvalt", "monitoring": "netwatch dat het netwerk niet meer ziet",
    }),
    segments=MappingProxyType({
        "residential": "particuliere", "business": "zakelijke", "critical": "kritieke", "wholesale": "wholesale-",
    }),
    says=MappingProxyType({
        Reader.ONCALL: ("{people} (wachtdienst)", "krijgt {limit} de melding per {by}: de vermoedelijke oorzaak, wie het raakt, wat er op het punt staat verstuurd te worden, en wie wat doet."),
        Reader.HELPDESK: ("{people} (helpdesk)", "krijgt {limit} het belscript per {by}: wat er verteld mag worden, en wat helpt."),
        Reader.STAFF: ("Alle collega's", "lezen {limit} per {by} wat er gaande is en wie vragen beantwoordt."),
        Reader.PAGE: ("De storingspagina", "toont het {limit}: waar, sinds wanneer, en wanneer het volgende bericht komt."),
        Reader.PHONE: ("De telefonische wachtrij", "zegt het {limit} tegen iedereen die belt."),
        Reader.SOCIAL: ("{people} (communicatie)", "krijgt een concept voor sociale media per {by}; een mens plaatst het."),
        Reader.PRESS: ("{people} (pers)", "krijgt een concept voor de pers per {by}; een mens geeft het vrij."),
        Reader.CRITICAL: ("Kritieke klanten en wholesaleklanten", "lezen {limit} per {by} wat er is gebeurd en wat ze nu kunnen doen."),
        Reader.CUSTOMER: ("Alle andere getroffen klanten", "lezen {limit} per {by} wat er is gebeurd en wat ze nu kunnen doen."),
    }),
    plan="Calamiteitenplan van {company}", date=", zoals op {at:%-d-%-m-%Y %H:%M %Z}", on_duty="Dienst",
    until=", tot {until:%-d-%-m %H:%M}", nobody_on_duty="niemand", instead="niemand; in plaats daarvan {people}",
    applies="voor {what}", minute="Minuut {minute}",
    letting_go="Hoe berichten aan klanten worden vrijgegeven|  (klanten die binnen 60 minuten bericht krijgen, van alle)",
    nobody="Nog niemand", and_="en", or_="of",
    seen="ziet dat iets niet meer antwoordt, vraagt nog eens, en vraagt het de buren.",
    any_incident="elke storing", announced="aangekondigd werk", not_announced="niet aangekondigd",
    cause="oorzaak {which}", region="in {which}", with_customers="met {which} klanten", at_least="{count} klanten of meer",
    few=("Tot {count} klanten of {share} van alle", "meteen."), up_to="Tot {share}",
    veto="na {seconds} s waarin ieder met wachtdienst het kan tegenhouden.", one_agrees="nadat één persoon akkoord is gegaan.",
    more=("Meer", "nadat twee verschillende personen akkoord zijn gegaan."),
    page_and_customers="Pagina en klanten", customers_told="Klanten die bericht kregen",
    first_update="lezen het volgende bericht, beloofd voor ongeveer {minutes} minuten na het eerste. {own}",
    no_news='Heeft niemand er een geschreven, dan gaat "nog geen nieuws" vanzelf uit.',
    later_updates="lezen het bericht daarna, en zo verder elke {minutes} minuten.",
    these_customers="Klanten ({which})",
    not_told=("KRIJGEN GEEN BERICHT: {by} is niet ingesteld.", "KRIJGEN GEEN BERICHT: {by} zijn niet ingesteld."),
    within="binnen {seconds} s", post_shown="toont het bericht zodra een mens het heeft vrijgegeven.",
    post_too="{by} toont het ook zodra een mens het heeft vrijgegeven.", person_first=" Een mens moet het eerst vrijgeven.",
    stoppable=" Nooit eerder dan na {seconds} s waarin het kan worden tegengehouden.",
)  # fmt: skip

_PL: Final = PlanWords(
    duties=MappingProxyType({
        Duty.ONCALL: "dyżur", Duty.LEAD: "kierujący", Duty.STAFF: "pracownicy", Duty.REMOTE: "technik zdalny",
        Duty.FIELD: "technik w terenie", Duty.HELPDESK: "infolinia", Duty.COMMUNICATION: "komunikacja",
        Duty.PRESS: "prasa",
    }),
    channels=MappingProxyType({
        Channel.EMAIL: "e-mail", Channel.SMS: "SMS", Channel.WEBHOOK: "serwis dyżurny",
        Channel.ALERTMANAGER: "Alertmanager", Channel.PAGERDUTY: "PagerDuty", Channel.APPRISE: "apprise",
        Channel.MASTODON: "Mastodon", Channel.FACEBOOK: "strona na Facebooku",
    }),
    scopes=MappingProxyType({
        "regional": "awaria u wielu klientów", "customer": "awaria u jednego klienta",
        "redundancy": "utrata rezerwy", "monitoring": "netwatch odcięty od sieci",
    }),
    segments=MappingProxyType({
        "residential": "indywidualni", "business": "biznesowi", "critical": "krytyczni", "wholesale": "hurtowi",
    }),
    says=MappingProxyType({
        Reader.ONCALL: ("{people} (dyżur)", "alarm {limit} (droga: {by}): prawdopodobna przyczyna, kogo dotyczy, co zaraz zostanie wysłane i kto co robi."),
        Reader.HELPDESK: ("{people} (infolinia)", "scenariusz rozmowy {limit} (droga: {by}): co wolno powiedzieć i co pomaga."),
        Reader.STAFF: ("Wszyscy pracownicy", "czytają {limit} (droga: {by}), co się dzieje i kto odpowiada na pytania."),
        Reader.PAGE: ("Strona awarii", "pokazuje to {limit}: gdzie, od kiedy i kiedy będzie następna wiadomość."),
        Reader.PHONE: ("Zapowiedź telefoniczna", "mówi to {limit} każdemu, kto dzwoni."),
        Reader.SOCIAL: ("{people} (komunikacja)", "projekt wpisu do mediów społecznościowych (droga: {by}); publikuje go człowiek."),
        Reader.PRESS: ("{people} (prasa)", "projekt komunikatu dla prasy (droga: {by}); wydaje go człowiek."),
        Reader.CRITICAL: ("Klienci krytyczni i hurtowi", "czytają {limit} (droga: {by}), co się stało i co mogą teraz zrobić."),
        Reader.CUSTOMER: ("Wszyscy pozostali klienci, których to dotyczy", "czytają {limit} (droga: {by}), co się stało i co mogą teraz zrobić."),
    }),
    plan="Plan awaryjny firmy {company}", date=", stan na {at:%-d.%m.%Y %H:%M %Z}", on_duty="Na dyżurze",
    until=", do {until:%-d.%m %H:%M}", nobody_on_duty="nikt", instead="nikt; w zastępstwie {people}",
    applies="dotyczy: {what}", minute="Minuta {minute}",
    letting_go="Jak zwalniane są wiadomości do klientów|  (klienci powiadomieni w ciągu 60 minut, spośród wszystkich)",
    nobody="Jeszcze nikt", and_="i", or_="lub",
    seen="widzi, że coś nie odpowiada, pyta ponownie i pyta sąsiadów.",
    any_incident="każda awaria", announced="zapowiedziane prace", not_announced="bez zapowiedzi",
    cause="przyczyna: {which}", region="region: {which}", with_customers="klienci: {which}",
    at_least="liczba klientów: {count} lub więcej",
    few=("Do {count} klientów lub {share} wszystkich", "od razu."), up_to="Do {share}",
    veto="po {seconds} s, w których każdy z dyżuru może je zatrzymać.", one_agrees="po zgodzie jednej osoby.",
    more=("Więcej", "po zgodzie dwóch różnych osób."),
    page_and_customers="Strona i klienci", customers_told="Powiadomieni klienci",
    first_update="następna wiadomość, obiecana na około {minutes} minut po pierwszej. {own}",
    no_news="Jeśli nikt jej nie napisał, informacja o braku nowych wiadomości wychodzi sama.",
    later_updates="kolejna wiadomość i tak dalej, co {minutes} minut.",
    these_customers="Klienci ({which})",
    not_told=("NIE DOSTAJĄ WIADOMOŚCI, brak konfiguracji: {by}.", "NIE DOSTAJĄ WIADOMOŚCI, brak konfiguracji: {by}."),
    within="w ciągu {seconds} s", post_shown="pokazuje wpis, gdy człowiek go zwolni.",
    post_too="{by}: wpis pojawia się też tam, gdy człowiek go zwolni.", person_first=" Najpierw musi to zwolnić człowiek.",
    stoppable=" Nigdy przed upływem {seconds} s, w których można to zatrzymać.",
)  # fmt: skip

WORDS: Final[Mapping[str, PlanWords]] = MappingProxyType({"en": _EN, "nl": _NL, "pl": _PL})
