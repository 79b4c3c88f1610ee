"use strict";
// An order by dragging, by buttons or by keys; the list on screen is the answer.
(() => {
  const list = ({ asked }) => asked.querySelector(".ranks");
  const rows = (question) => [...list(question).children];
  const grip = (row) => row.querySelector(".grip");
  const nameOf = (row) => row.querySelector(".thing").textContent.trim().slice(0, 40) || row.dataset.key;
  const isTied = (row) => row.hasAttribute("data-tied");

  function number(question) {
    let place = 0;
    rows(question).forEach((row, index) => {
      if (index === 0) row.removeAttribute("data-tied");
      if (!isTied(row)) place = index + 1;
      row.querySelector(".place").textContent = place;
      row.querySelector("[data-move=tie]")?.setAttribute("aria-pressed", String(isTied(row)));
    });
    return question;
  }

  function settle(question, row, words) {
    number(question);
    crowd.changed(question);
    crowd.say(words || `${nameOf(row)}: place ${row.querySelector(".place").textContent}`);
  }

  const moves = {
    up: (row) => row.previousElementSibling?.before(row),
    down: (row) => row.nextElementSibling?.after(row),
    tie: (row) => row.previousElementSibling && row.toggleAttribute("data-tied"),
  };

  function move(question, row, how) {
    const held = document.activeElement;
    moves[how](row);
    held.focus();
    settle(question, row);
  }

  function take(row, isTaken) {
    row.toggleAttribute("data-taken", isTaken);
    grip(row).setAttribute("aria-pressed", String(isTaken));
  }

  // A row follows the pointer from one place to the next.
  function drag(question, row, start) {
    let moved = false;
    const follow = (event) => {
      const over = rows(question).find((other) => {
        const box = other.getBoundingClientRect();
        return other !== row && event.clientY > box.top && event.clientY < box.bottom;
      });
      if (!over) return;
      const after = over.compareDocumentPosition(row) & Node.DOCUMENT_POSITION_PRECEDING;
      over[after ? "after" : "before"](row);
      moved = true;
      number(question);
    };
    const drop = () => {
      row.removeAttribute("data-dragged");
      removeEventListener("pointermove", follow);
      removeEventListener("pointerup", drop);
      removeEventListener("pointercancel", drop);
      if (moved) settle(question, row);
    };
    start.preventDefault();
    row.setAttribute("data-dragged", "");
    addEventListener("pointermove", follow);
    addEventListener("pointerup", drop);
    addEventListener("pointercancel", drop);
  }

  function walk(question, row, step) {
    const all = rows(question);
    const at = row ? all.indexOf(row) + step : step > 0 ? 0 : all.length - 1;
    grip(all[Math.min(Math.max(at, 0), all.length - 1)]).focus();
  }

  crowd.type = {
    keys: [
      ["↑ ↓", "walk over the list"],
      ["Space, then ↑ ↓", "take a thing and move it"],
      ["1–9", "put it in this place"],
      ...(crowd.options.ties ? [["=", "equal to the one above, or no longer"]] : []),
    ],
    mount(question) {
      number(question);
      for (const row of rows(question)) {
        grip(row).addEventListener("click", () => take(row, !row.hasAttribute("data-taken")));
        grip(row).addEventListener("blur", () => row.isConnected && setTimeout(() => document.activeElement !== grip(row) && take(row, false)));
        row.querySelectorAll("[data-move]").forEach((button) => button.addEventListener("click", () => move(question, row, button.dataset.move)));
        row.addEventListener("pointerdown", (event) => {
          if (event.button === 0 && !event.target.closest("[data-move], audio, video")) drag(question, row, event);
        });
      }
    },
    read(question) {
      const tiers = [];
      for (const row of rows(question)) {
        if (isTied(row)) tiers[tiers.length - 1].push(row.dataset.key);
        else tiers.push([row.dataset.key]);
      }
      return tiers.map((tier) => (tier.length === 1 ? tier[0] : tier));
    },
    write(question, value) {
      const byKey = new Map(rows(question).map((row) => [row.dataset.key, row]));
      for (const tier of value || crowd.first[question.name]) {
        [tier].flat().forEach((key, index) => {
          const row = byKey.get(key);
          if (!row) return;
          row.toggleAttribute("data-tied", index > 0);
          list(question).append(row);
        });
      }
      number(question);
    },
    press(question, event) {
      const row = document.activeElement.closest?.(".ranks > li");
      const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (step && row?.hasAttribute("data-taken")) move(question, row, step < 0 ? "up" : "down");
      else if (step) walk(question, row, step);
      else if (!row) return false;
      else if (event.key === "=" && crowd.options.ties) move(question, row, "tie");
      else if (/^[1-9]$/.test(event.key)) {
        const target = rows(question)[Number(event.key) - 1];
        if (!target || target === row) return true;
        const isBelow = rows(question).indexOf(row) < rows(question).indexOf(target);
        target[isBelow ? "after" : "before"](row);
        grip(row).focus();
        settle(question, row);
      } else return false;
      return true;
    },
  };
  crowd.first = Object.fromEntries(crowd.questions.map((question) => [question.name, crowd.type.read(question)]));
})();
