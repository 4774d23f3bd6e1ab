// What a page does beyond showing itself; without it everything can still be read.
"use strict";

// A link to evidence opens it.
function openTarget() {
    const id = decodeURIComponent(location.hash.slice(1));
    const target = id && document.getElementById(id);
    for (let place = target; place; place = place.parentElement) {
        if (place.tagName === "DETAILS") place.open = true;
    }
    if (target && target.tagName === "DETAILS") {
        target.scrollIntoView();
        target.querySelector("summary").focus({ preventScroll: true });
    }
}

function offerAll() {
    const button = document.querySelector(".np-all");
    const found = [...document.querySelectorAll("details.np-evidence")];
    if (!button || !found.length) return;
    button.hidden = false;
    button.addEventListener("click", () => {
        const open = found.some((item) => !item.open);
        found.forEach((item) => { item.open = open; });
        button.textContent = open ? "Close all evidence" : "Open all evidence";
    });
}

// On a narrow page the search box is in the drawer: whoever is sent there by "/" should see it.
function showDrawer() {
    const drawer = document.querySelector(".sidebar-drawer");
    const toggle = document.getElementById("__navigation");
    if (!drawer || !toggle) return;
    drawer.addEventListener("focusin", () => { toggle.checked = true; });
    document.addEventListener("keydown", (event) => {
        if (event.key === "Escape") toggle.checked = false;
    });
}

// A page that is a file has no clipboard in some browsers: then the command is selected and copied as people do.
async function copy(pre) {
    try {
        await navigator.clipboard.writeText(pre.textContent);
        return true;
    } catch {
        getSelection().selectAllChildren(pre);
        return document.execCommand("copy");
    }
}

function offerCopies() {
    for (const box of document.querySelectorAll(".np-command")) {
        const pre = box.querySelector("pre");
        const button = document.createElement("button");
        button.type = "button";
        button.className = "np-copy";
        button.textContent = "Copy";
        button.setAttribute("aria-label", `Copy: ${pre.textContent}`);
        button.addEventListener("click", async () => {
            button.textContent = (await copy(pre)) ? "Copied" : "Select it";
            setTimeout(() => { button.textContent = "Copy"; }, 2000);
        });
        box.append(button);
    }
}

window.addEventListener("hashchange", openTarget);
document.addEventListener("DOMContentLoaded", () => {
    openTarget();
    offerAll();
    showDrawer();
    offerCopies();
});
