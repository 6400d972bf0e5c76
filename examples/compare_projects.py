"""What does each candidate project do to a route? Three countries with round figures, from the textbook case."""

import karvan

ORIGIN, DESTINATION = "a_city", "c_city"


def main() -> None:
    case = karvan.open_case("textbook")
    today = karvan.find_routes(case, ORIGIN, DESTINATION).routes[0]
    print(f"Today: {today.time_h.mean:.0f} h, USD {today.price_usd_per_t:.1f} a tonne, by {' and '.join(today.modes)}.")
    for project, row in case.rows("project").items():
        if row["status"] != "candidate":
            continue
        best = karvan.find_routes(case, ORIGIN, DESTINATION, projects=[project]).routes[0]
        gain = today.generalised_usd_per_t - best.generalised_usd_per_t
        cost = case.range_of("project", project, "cost_musd")
        print(
            f"{project} {row['name']} (USD {cost.low:,.0f} to {cost.high:,.0f} m): {best.time_h.mean:.0f} h, "
            f"USD {best.price_usd_per_t:.1f} a tonne by {' and '.join(best.modes)}; a tonne gains USD {gain:.1f}."
        )
    print("A gain of nothing on this route says nothing about other routes: look at all zones with skim_zones.")


if __name__ == "__main__":
    main()
