"""Which route is left when crossings are shut, and what does it take? Karachi to Baku, from the bundled case."""

import karvan
from karvan.errors import NoRouteError


def main() -> None:
    case = karvan.open_case("pakistan_azerbaijan")
    for scenario, row in case.rows("scenario").items():
        try:
            answer = karvan.find_routes(case, "karachi_port", "baku", scenario=scenario)
        except NoRouteError as error:
            print(f"{row['name']}: no route; {'; '.join(error.cuts)}")
            continue
        route = answer.routes[0]
        days = [hours / 24 for hours in (route.time_h.mean, route.time_h.p10, route.time_h.p90)]
        print(
            f"{row['name']}: {days[0]:.1f} days ({days[1]:.1f} to {days[2]:.1f}), "
            f"USD {route.price_usd_per_feu:,.0f} a 40-foot container, by {' > '.join(route.modes)} "
            f"over {' > '.join(route.borders)}; {route.assumed_share:.0%} of the time rests on assumptions."
        )


if __name__ == "__main__":
    main()
