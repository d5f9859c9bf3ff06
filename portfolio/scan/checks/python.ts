import type { Check } from "../check.ts";
import type { Language } from "../model.ts";

const PYTHON: readonly Language[] = ["python", "multi"];

/** The two Python checks. */
export const pythonChecks: Check[] = [
  {
    id: "py-missing-pyproject",
    category: "python",
    severity: "warning",
    trigger: "neither `pyproject.toml` nor `setup.py`",
    languages: PYTHON,
    find: (repo) =>
      repo.hasFile("pyproject.toml") || repo.hasFile("setup.py")
        ? []
        : [
            {
              message: "neither pyproject.toml nor setup.py",
              suggestion: "Add a pyproject.toml with metadata and tool settings",
              where: "pyproject.toml",
              steps: [
                "Create `pyproject.toml` with build system, name, version, requires-python and the dependencies that the code imports.",
                "Put the settings of pytest, ruff and black there. Keep requirements.txt if other files refer to it.",
              ],
            },
          ],
  },
  {
    id: "py-no-tests",
    category: "python",
    severity: "critical",
    trigger:
      "no `test_*.py` or `*_test.py` outside `.venv`, `venv`, `.git`, `__pycache__` and `node_modules`",
    languages: PYTHON,
    find: (repo) =>
      repo.hasPythonTests
        ? []
        : [
            {
              message: "no Python tests found",
              suggestion: "Add pytest tests",
              where: "tests/",
              steps: [
                "Create `tests/` with pytest tests for each module that holds logic, the error paths included.",
                "Add pytest to the development dependencies.",
              ],
              limits: ["Do not change code under test, except for a bug that a test shows; say which."],
            },
          ],
  },
];
