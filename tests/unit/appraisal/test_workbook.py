"""The workbook: its formulas, worked out again, give the figures that the program found.

They are worked out by a small spreadsheet (``helpers/spreadsheet.py``), which knows nothing of the program.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from spreadsheet import Book

from karvan.appraisal import OutcomeStore, appraise
from karvan.appraisal.accounts import Accounts, Item, appraise_accounts
from karvan.appraisal.discounting import Band, Discounting
from karvan.appraisal.loans import schedule_loan
from karvan.appraisal.workbook import workbook_bytes


def book_of(discounting: Discounting, *, net_twice: bool = False, base_year: int | None = None, idle: int = 0):
    benefits = (0.0, 2300.0, 0.0, 0.0, 0.0) if net_twice else (0.0, 0.0, 60.0, 70.0, 80.0)
    capital = (1000.0, 0.0, 1320.0, 0.0, 0.0) if net_twice else (100.0, 20.0, 0.0, 0.0, 0.0)
    items = [
        Item("benefit_time", "benefit", benefits),
        Item("cost_capital", "cost", capital, capital=True),
        Item("cost_upkeep", "cost", (0.0, 0.0, 0.0, 0.0, 0.0) if net_twice else (0.0, 0.0, 5.0, 5.0, 5.0)),
    ]
    items = [replace(item, values=(0.0,) * idle + item.values) for item in items]
    found = appraise_accounts(Accounts.of(range(2026 - idle, 2031), items), discounting, base_year=base_year)
    return found, workbook_bytes(found)


BANDED = Discounting.of([Band(0, 0.09), Band(2, 0.05), Band(4, 0.02)], timing="mid")


@pytest.mark.parametrize(
    ("discounting", "net_twice", "base_year"),
    [
        (Discounting.at(0.1), False, None),
        (Discounting.at(0.07, timing="end"), False, 2024),
        (Discounting.at(0.07, timing="mid"), False, 2028),
        (BANDED, False, None),
        (BANDED, False, 2023),
        (Discounting.at(0.05), True, None),
    ],
)
def test_every_stored_value_is_what_its_formula_gives(discounting, net_twice, base_year):
    found, data = book_of(discounting, net_twice=net_twice, base_year=base_year)
    book = Book(data)
    assert len(book.formulas) > 50
    for (sheet, place), formula in book.formulas.items():
        if sheet == "Result" and place.startswith("D"):
            continue
        assert book.value(sheet, place) == pytest.approx(book.stored[sheet, place], rel=1e-9, abs=1e-9), (
            place,
            formula,
        )
    assert book.value("Result", "B4") == pytest.approx(found.enpv, rel=1e-12)


def test_differences_are_nothing():
    _, data = book_of(BANDED)
    book = Book(data)
    differences = [book.value(*key) for key in book.formulas if key[0] == "Result" and key[1].startswith("D")]
    assert len(differences) >= 7
    assert max(map(abs, differences)) < 1e-9


def test_an_input_changed_moves_the_result():
    """The formulas are live: at another rate in the cell of the rate they give what the program gives at that rate."""
    _, data = book_of(Discounting.at(0.1))
    book = Book(data)
    book.set("Inputs", "B5", 0.04)
    other, _ = book_of(Discounting.at(0.04))
    assert book.value("Result", "B4") == pytest.approx(other.enpv, rel=1e-12)


@pytest.mark.parametrize("discounting", [Discounting.at(0.1), BANDED])
def test_years_before_the_first_flow_do_not_dilute_the_modified_rate(discounting):
    found, data = book_of(discounting, idle=3)
    book = Book(data)
    place = book.beside("Result", "MIRR")
    assert book.value("Result", place) == pytest.approx(found.mirr, rel=1e-12)
    outlays, receipts = 100 + 20 / 1.1, 55 * 1.1**2 + 65 * 1.1 + 75
    if discounting is not BANDED:
        assert book.value("Result", place) == pytest.approx((receipts / outlays) ** (1 / 4) - 1, rel=1e-12)
    book.set("Accounts", "E4", 50.0)  # an outlay two years earlier
    assert book.value("Result", place) < found.mirr


def test_the_same_result_gives_the_same_bytes():
    assert book_of(BANDED)[1] == book_of(BANDED)[1]


# projects of a case -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def store() -> OutcomeStore:
    return OutcomeStore()


def with_loans(files):
    """Return the textbook with four loans for N1: in parts and as an annuity, in dollars and in the money of Cora, with fees."""
    like = "N1.cora"
    files.set("finance.csv", like, share="0.3", front_end_fee_pct="1", commitment_fee_pct_per_year="0.5")
    files.add("finance.csv", like, finance_id="N1.b", funder="alba_treasury", repayment="annuity", share="0.2",
              rate_pct_per_year="6", tenor_years="20", grace_years="6", guaranteed_share="0.5")  # fmt: skip
    files.add("finance.csv", like, finance_id="N1.c", currency="CCR", repayment="annuity", share="0.1",
              rate_pct_per_year="9", tenor_years="12", instrument="deposit")  # fmt: skip
    files.add("finance.csv", like, finance_id="N1.d", funder="alba_treasury", share="0.2", rate_pct_per_year="0",
              tenor_years="8", grace_years="5", instrument="deposit")  # fmt: skip
    files.add("finance.csv", like, finance_id="N2.b", project_id="N2", share="0.5", tenor_years="10", grace_years="2")
    files.set("finance.csv", "N2.alba", share="0.5")
    for column in ("real_depreciation_AAA_pct_per_year", "inflation_usd_pct_per_year"):
        name = next(iter(files.read("parameter.csv")[1]))
        files.add("parameter.csv", name, parameter_id=column, value="1.5", unit="pct/year", low="", high="")
    return files.open()


@pytest.mark.parametrize(
    ("rules", "projects"), [("adb_2017", "N1,N2"), ("green_book_2026", "N1"), ("us_a94", "N1,N2"), ("eu_2021", "N1")]
)
def test_every_cell_of_a_set_of_projects_is_what_its_formula_gives(files, store, rules, projects):
    found = appraise(with_loans(files), projects, rule_set=rules, store=store, horizon_year=2060)
    assert found.finance is not None
    accounts = found.accounts()
    book = Book(workbook_bytes(accounts, project=found))
    loans = 5 if "N2" in projects else 4
    assert book.sheets == [
        "Inputs",
        "Accounts",
        "Result",
        "Standings",
        "Money",
        *[f"Loan_{n}" for n in range(1, loans + 1)],
        "Fiscal",
    ]
    differences = 0
    for (sheet, place), stored in book.stored.items():
        value = book.value(sheet, place)
        if book.formulas.get((sheet, place)) == f"B{place[1:]}-C{place[1:]}":
            differences += 1
            assert value == pytest.approx(0.0, abs=1e-7), (sheet, place)
        elif isinstance(stored, str):
            assert value == stored == "", (sheet, place)
        else:
            assert value == pytest.approx(stored, rel=1e-7, abs=1e-7), (sheet, place, book.formulas.get((sheet, place)))
    assert differences > 20 + 7 * loans


def test_what_the_sheets_say_is_what_the_page_says(files, store):
    found = appraise(with_loans(files), "N1", store=store, horizon_year=2060)
    money, accounts = found.finance, found.accounts()
    book = Book(workbook_bytes(accounts, project=found))

    def shown(sheet: str, label: str) -> float:
        return book.value(sheet, book.beside(sheet, label))

    for standing in found.standings:
        assert shown("Standings", f"ENPV, {standing.name}") == pytest.approx(found.enpv_musd[standing.id], rel=1e-9)
    assert shown("Money", "FNPV on the investment") == pytest.approx(money.returns.fnpv_c, rel=1e-9)
    assert shown("Money", "FNPV on the owners' money") == pytest.approx(money.returns.fnpv_k, rel=1e-9)
    assert shown("Money", "Least DSCR of all loans") == pytest.approx(money.debt.dscr_least, rel=1e-9)
    assert shown("Money", "Charge that pays for it, USD a tonne, 50 % come") == pytest.approx(
        money.charges_usd_per_t[0.5], rel=1e-9
    )
    for number, loan in enumerate(money.loans, 1):
        sheet = f"Loan_{number}"
        assert shown(sheet, "Grant element") == pytest.approx(loan.grant_element, rel=1e-9)
        assert shown(sheet, "LLCR") == pytest.approx(loan.cover.loan_life, rel=1e-9)
        assert shown(sheet, "Least DSCR") == pytest.approx(loan.cover.least, rel=1e-9)
        assert shown(sheet, "Lent, in its own money") == pytest.approx(loan.own.loan.principal, rel=1e-9)


def test_terms_changed_in_the_workbook_move_the_owners_return(files, store):
    """Interest, repayment, grace and fees in their cells of the first loan give what the program gives under such terms."""
    case = with_loans(files)
    found = appraise(case, "N1", store=store, horizon_year=2060)
    book = Book(workbook_bytes(found.accounts(), project=found))
    place = next(n for n, loan in enumerate(found.finance.loans, 1) if loan.funding.share == 0.3)
    for line, value in ((2, 0.07), (3, 7), (4, 15), (5, 1), (7, 0.02), (8, 0.01)):
        book.set(f"Loan_{place}", f"B{line}", value)
    files.set("finance.csv", "N1.cora", rate_pct_per_year="7", grace_years="7", repayment="annuity", front_end_fee_pct="2",
              commitment_fee_pct_per_year="1")  # fmt: skip
    other = appraise(files.open(), "N1", store=store, horizon_year=2060).finance
    label = "FNPV on the owners' money"
    assert book.value("Money", book.beside("Money", label)) == pytest.approx(other.returns.fnpv_k, rel=1e-9)
    assert other.returns.fnpv_k != pytest.approx(found.finance.returns.fnpv_k, rel=1e-3)


def test_works_changed_in_the_workbook_move_loans_and_standings(files, store):
    found = appraise(with_loans(files), "N1,N2", store=store, horizon_year=2060)
    book = Book(workbook_bytes(found.accounts(), project=found))
    heads = {book.texts[key]: key[1].rstrip("0123456789") for key in book.texts if key[0] == "Money"}
    line = 4 + int(next(where for (sheet, where), text in book.texts.items() if sheet == "Money" and text == "t")[1:])
    lent = [book.value(f"Loan_{n}", book.beside(f"Loan_{n}", "Lent, in its own money")) for n in range(1, 6)]
    fnpv = book.value("Money", book.beside("Money", "FNPV on the investment"))
    assert book.value("Money", f"{heads['works of N1']}{line}") == pytest.approx(250)
    book.set("Money", f"{heads['works of N1']}{line}", 350.0)
    more = [book.value(f"Loan_{n}", book.beside(f"Loan_{n}", "Lent, in its own money")) for n in range(1, 6)]
    of_n1 = [loan.project == "N1" for loan in found.finance.loans]
    assert [one > other for one, other in zip(more, lent, strict=True)] == of_n1
    assert book.value("Money", book.beside("Money", "FNPV on the investment")) < fnpv - 50

    head = next(one.name for one in found.standings if one.id == found.headline)
    net = book.value("Result", "B4")
    capital = next(where for (sheet, where), text in book.texts.items() if (sheet, text) == ("Accounts", "capital"))
    book.set("Accounts", f"{capital[0]}3", 400.0)
    assert book.value("Result", "B4") < net
    place = book.beside("Standings", f"ENPV, {head}")
    assert book.value("Standings", place) == pytest.approx(book.value("Result", "B4"), rel=1e-9)


def test_terms_changed_in_the_workbook_move_what_treasuries_see(files, store):
    """A higher rate of their own debt and a larger share guaranteed, in cells, give what the program gives under such terms."""
    found = appraise(with_loans(files), "N1", store=store, horizon_year=2060)
    book = Book(workbook_bytes(found.accounts(), project=found))
    number = {loan.funding.row: place for place, loan in enumerate(found.finance.loans, 1)}
    book.set(f"Loan_{number['N1.cora']}", "B2", 0.07)
    book.set(f"Loan_{number['N1.b']}", "B12", 0.8)
    files.set("finance.csv", "N1.cora", rate_pct_per_year="7")
    files.set("finance.csv", "N1.b", guaranteed_share="0.8")
    other = appraise(files.open(), "N1", store=store, horizon_year=2060).finance
    columns = {"C": other.fiscal.debt, "D": other.fiscal.guaranteed, "F": other.fiscal.service, "J": other.fiscal.expected_calls,
               "K": other.fiscal.foreign_exchange, "N": other.fiscal.cost}  # fmt: skip
    for letter, wanted in columns.items():
        assert [book.value("Fiscal", f"{letter}{3 + n}") for n in range(len(wanted))] == pytest.approx(
            list(wanted), abs=1e-9
        )
    for label, wanted in (
        ("Most that treasuries owe", other.debt.peak_musd),
        ("Most that they guarantee", other.debt.peak_guaranteed_musd),
        ("The same, of gross domestic product", other.debt.peak_gdp_share),
        ("Receipts over service and expected calls", other.debt.receipts_over_service),
        ("Net cost of all years", sum(other.fiscal.cost)),
    ):
        assert book.value("Fiscal", book.beside("Fiscal", label)) == pytest.approx(wanted, rel=1e-9)
    assert max(other.fiscal.expected_calls) > max(found.finance.fiscal.expected_calls) > 0


def test_interest_added_to_the_debt(files, store):
    """No table of a case asks for it yet; the sheet knows it, as schedules do."""
    found = appraise(with_loans(files), "N1", store=store, horizon_year=2060)
    book = Book(workbook_bytes(found.accounts(), project=found))
    for number, loan in enumerate(found.finance.loans, 1):
        sheet = f"Loan_{number}"
        book.set(sheet, "B6", 1)
        wanted = schedule_loan(replace(loan.own.loan, capitalise=True))
        owed = [book.value(sheet, f"S{line}") for line in range(17, 17 + len(wanted.years))]
        assert owed == pytest.approx(list(wanted.owed), abs=1e-9)
        assert [book.value(sheet, f"T{17 + n}") for n in range(len(owed))] == pytest.approx(
            list(wanted.service), abs=1e-9
        )


def test_without_loans_there_is_money_and_no_sheet_of_a_loan(textbook, store):
    found = appraise(textbook, "N2", store=store)
    book = Book(workbook_bytes(found.accounts(), project=found))
    assert book.sheets == ["Inputs", "Accounts", "Result", "Standings", "Money", "Fiscal"]
    assert book.value("Money", book.beside("Money", "FNPV on the investment")) == pytest.approx(
        found.finance.returns.fnpv_c
    )
