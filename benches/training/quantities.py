"""Decimals, dates and money: `decimal` in accounts and at length, `datetime`, time zones, `calendar`, fractions."""
import calendar
import datetime
import decimal
import fractions
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal

CENT, RATE, TAX = Decimal("0.01"), Decimal("0.0375"), Decimal("0.19")


def accounts(count):
    balance, paid = Decimal("10000.00"), Decimal(0)
    lines = []
    for i in range(count):
        interest = (balance * RATE / 12).quantize(CENT, rounding=ROUND_HALF_EVEN)
        fee = (interest * TAX).quantize(CENT, ROUND_DOWN)
        balance += interest - fee
        if balance > 12000:
            balance -= Decimal(1500)
            paid += 1500
        lines.append(f"{i:3} {interest:>10} {balance:>12,.2f}")
    return str(balance), paid, lines[-1], sum(map(Decimal, ["1.10", "2.20", "-0.30"])), -balance < 0, int(paid), float(CENT)


def currencies(count):
    rates = {"chf": Decimal("0.9412"), "jpy": Decimal("163.27"), "usd": Decimal("1.0831")}
    purse, spread = {name: Decimal(1000) for name in rates}, Decimal("0.9985")
    names = list(rates)
    for i in range(count):
        source, target = names[i % 3], names[(i * 7 + 1) % 3]
        amount = (purse[source] / 9).quantize(CENT)
        purse[source] -= amount
        purse[target] += (amount / rates[source] * rates[target] * spread).quantize(CENT, ROUND_DOWN)
        if amount == amount.to_integral_value():
            rates[target] += CENT
        str(purse[target])
    worth = sum(purse[name] / rates[name] for name in names)
    return worth, worth.as_tuple().exponent, worth.normalize(), max(purse.values()), divmod(worth, 7), worth.to_eng_string(), abs(-worth) > 1


def long_numbers():
    with decimal.localcontext() as context:
        context.prec = 120
        a, b = Decimal(2).sqrt(), Decimal(1)
        for n in range(1, 60):
            b += 1 / Decimal(n) ** 3
        log, power = Decimal(10).ln(), Decimal("1.5").exp()
    with decimal.localcontext(prec=2000):
        c = Decimal(1)
        for n in range(1, 700):
            c *= n
    return str(a)[:30], str(b)[:30], str(log)[:30], str(power)[:30], len(str(c))


def days(count):
    start = datetime.datetime(2031, 1, 31, 8, 30, tzinfo=datetime.timezone.utc)
    east, step = datetime.timezone(datetime.timedelta(hours=5, minutes=30)), datetime.timedelta(days=1, hours=7, seconds=11)
    texts, late = [], 0
    for i in range(count):
        moment = start + step * i
        local = moment.astimezone(east)
        texts.append(local.isoformat())
        again = datetime.datetime.fromisoformat(texts[-1])
        late += again == moment and local.weekday() >= 5
        late += (moment - start).days + moment.date().toordinal() % 2 + (moment.replace(day=1) < start)
        if i % 4 == 0:
            texts.append(moment.strftime("%A %d %B %Y %H:%M:%S"))
            late += datetime.datetime.strptime("2031-02-%02d" % (i % 28 + 1), "%Y-%m-%d").day
    return late, texts[-1], len(texts), str(step * 3), calendar.monthrange(2032, 2), len(calendar.month(2031, 5))


def shares(count):
    total = fractions.Fraction(0)
    for i in range(1, count):
        total += fractions.Fraction(i, i + 3) * fractions.Fraction(2, 7) - fractions.Fraction("1/3")
        if total > 2:
            total -= total.limit_denominator(1000)
    return total.limit_denominator(10**6), round(float(total), 9), fractions.Fraction(Decimal("0.125"))


for turn in range(40):
    answers = accounts(600), currencies(900), long_numbers(), days(300), shares(60)
for answer in answers:
    print(answer)
