"""Test Anything Protocol, and where two JSON values differ."""


class Tap:
    def __init__(self):
        self.count = self.failures = 0

    def check(self, title, problems):
        """Passes where there are no problems: a list of texts, or whether."""
        self.count += 1
        self.failures += bool(problems)
        print(f"{'not ok' if problems else 'ok'} {self.count} - {title}")
        for problem in problems if isinstance(problems, list) else ():
            print("# " + problem.replace("\n", "\n# "))

    def done(self):
        print(f"1..{self.count}", flush=True)
        return 1 if self.failures else 0


def differences(due, got, path=""):
    """One line for each place where got is not what was due, true not being 1."""
    if isinstance(due, dict) and isinstance(got, dict):
        return [line for name in {**due, **got}
                for line in differences(due.get(name, "nothing"), got.get(name, "nothing"),
                                        f"{path}.{name}".lstrip("."))]
    if type(due) is type(got) and due == got:
        return []
    return [f"{path or 'it'}: {due!r:.200} was due, got {got!r:.200}"]
