"""The rules of the house that a machine can hold: who imports whom, and what is documented."""

import ast
import re
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

ROOT = Path(__file__).parent.parent
APP = ROOT / "app"
KERNEL = {
    "asking",
    "calendar_file",
    "clock",
    "config",
    "content_files",
    "environment",
    "extensions",
    "front_matter",
    "json_ld",
    "limits",
    "local_times",
    "mail_settings",
    "markdown",
    "outside",
    "patient_information",
    "publishing",
    "slugs",
    "tokens",
    "urls",
    "write_lock",
}
ENTRANCES = {"__init__", "commands", "doctor", "up", "worker"}
MAY_IMPORT = {
    "people": set(),
    "outbox": {"people"},
    "followups": {"outbox", "people"},
    "payments": set(),
    "hub": set(),
    "web": set(),
    "newsletter": {"followups", "outbox", "people", "hub"},
    "coaching": {"newsletter", "followups", "outbox", "people", "payments", "hub"},
    "enrollment": {"newsletter", "followups", "outbox", "people", "payments", "hub"},
    "classroom": {"enrollment", "newsletter", "followups", "outbox", "people", "hub"},
    "studio": {"classroom", "coaching", "enrollment", "newsletter", "followups", "outbox", "people", "payments", "hub"},
}


def imported_rooms(path: Path) -> set[str]:
    """The rooms and kernel modules of the site that a file imports, wherever in the file it does so."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module == "app":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and (node.module or "").startswith("app."):
            found.add(str(node.module).split(".")[1])
        elif isinstance(node, ast.Import):
            found |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("app.")}
        elif isinstance(node, ast.ImportFrom) and node.level > 1:
            found.add("an import that climbs out of its room")
    return found


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_only_the_rooms_above_it(room):
    allowed = KERNEL | MAY_IMPORT[room] | {room}
    for path in (APP / room).rglob("*.py"):
        assert imported_rooms(path) <= allowed, path


def test_the_kernel_imports_no_room():
    for name in KERNEL:
        if (path := APP / f"{name}.py").exists():
            assert imported_rooms(path) <= KERNEL, path


def test_the_stripe_stand_in_imports_nothing_of_the_site():
    for path in (APP / "stripe_sandbox").rglob("*.py"):
        assert imported_rooms(path) <= {"stripe_sandbox"}, path


def test_only_the_gateway_imports_stripe():
    for path in APP.rglob("*.py"):
        if path == APP / "payments/stripe_gateway.py" or "stripe_sandbox" in path.parts:
            continue
        modules = {
            alias.name if isinstance(node, ast.Import) else node.module or ""
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        }
        assert not any(module.split(".")[0] == "stripe" for module in modules), path


def test_every_room_is_known_to_these_rules():
    rooms = {path.name for path in APP.iterdir() if (path / "__init__.py").exists()}
    assert rooms == MAY_IMPORT.keys() | {"stripe_sandbox"}
    modules = {path.stem for path in APP.glob("*.py")}
    assert modules <= KERNEL | ENTRANCES


def settings() -> set[str]:
    """Every setting that a module directly under app/ reads or the Procfile fills in."""
    modules = "".join(path.read_text() for path in APP.glob("*.py"))
    read = re.findall(r'environ(?:\.get\(|, )"([A-Z_]+)"', modules)
    return {*read, *re.findall(r"\$\{([A-Z_]+)", (ROOT / "Procfile").read_text())}


def test_every_setting_is_documented():
    assert {"SITE_URL", "DATABASE_URL", "MAIL_SERVER", "STRIPE_SECRET_KEY", "HOST"} <= settings()
    readme, example = (ROOT / "README.md").read_text(), (ROOT / ".env.example").read_text()
    assert [name for name in sorted(settings()) if f"`{name}`" not in readme] == []
    assert [name for name in sorted(settings()) if f"{name}=" not in example] == []


def unescaped(template: nodes.Template) -> list[int]:
    """The lines on which a template of HTML does not escape what a macro says that it imports from one of text."""
    names = set()
    for each in template.find_all((nodes.FromImport, nodes.Import)):
        if each.template.as_const().endswith(".txt"):
            said = each.names if isinstance(each, nodes.FromImport) else [each.target]
            names |= {name if isinstance(name, str) else name[1] for name in said}
    right = set()
    for each in template.find_all(nodes.Filter):
        if each.name == "forceescape" and isinstance(each.node, nodes.Call):
            macro = each.node.node
            right |= {macro, *macro.find_all(nodes.Name)}
    return [name.lineno for name in template.find_all(nodes.Name) if name.name in names and name not in right]


def test_html_escapes_what_it_takes_from_the_texts_of_mails():
    for path in (ROOT / "templates").rglob("*.html"):
        assert unescaped(Environment().parse(path.read_text())) == [], path


def test_the_lock_names_no_package_index():
    for lock in ROOT.glob("requirements*.lock"):
        assert "://" not in lock.read_text()
