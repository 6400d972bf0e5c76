"""Start a corridor from the textbook case, break it, mend it, and ask what a shorter wait would do."""

import tempfile
from pathlib import Path

import karvan


def main() -> None:
    with tempfile.TemporaryDirectory() as parent:
        folder = karvan.new_case(Path(parent) / "my_corridor")
        links = folder / "link.csv"
        sound = links.read_text(encoding="utf-8")

        links.write_text(sound.replace("a_gate,b_west", "a_gate,b_wets"), encoding="utf-8")
        for problem in karvan.check_case(folder):
            print(problem)

        links.write_text(sound, encoding="utf-8")
        case = karvan.open_case(folder)
        before = karvan.find_routes(case, "a_city", "c_city").routes[0]
        halved = "border:ab.road.AAA-BBB:time_h*=0.5"
        after = karvan.find_routes(case, "a_city", "c_city", changes=[halved]).routes[0]
        print(f"{case.id}: {before.time_h.mean:.1f} h; with half the hours at the crossing {after.time_h.mean:.1f} h.")

        record = karvan.read_record(case)
        for row in record.overdue.itertuples():
            print(f"Overdue by {row.overdue_days:.0f} days on {record.on}: {row.title} ({', '.join(row.parties)}).")


if __name__ == "__main__":
    main()
