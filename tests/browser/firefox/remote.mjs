// Drives Firefox over WebDriver BiDi for the tests: one JSON command a line on stdin, one JSON answer a line on stdout.
// Usage: node remote.mjs FIREFOX SITE. People find fields by how their label begins and buttons by their name, and so does this.
import { createInterface } from "node:readline";
import puppeteer from "puppeteer-core";

const [firefox, site] = process.argv.slice(2);
const browser = await puppeteer.launch({ browser: "firefox", executablePath: firefox, headless: true });
const page = await browser.newPage();
const complaints = [];
page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
page.on("pageerror", (error) => complaints.push(String(error)));

const patience = { timeout: 10_000 };

// Waits until the page has what `find` looks for, and returns a handle of it.
async function found(find, name) {
    return (await page.waitForFunction(find, patience, name)).asElement();
}

function field(name) {
    const words = (each) => each.textContent.replace(/\s+/g, " ").trim();
    return [...document.querySelectorAll("label")].find((each) => words(each).startsWith(name))?.control;
}

function button(name) {
    const words = (each) => (each.getAttribute("aria-label") ?? each.innerText).replace(/\s+/g, " ").trim();
    const all = [...document.querySelectorAll("button, a[href], summary, [role=button]")];
    const seen = all.filter((each) => each.checkVisibility());
    return seen.find((each) => words(each) === name) ?? seen.find((each) => words(each).startsWith(name));
}

const commands = {
    go: ({ path }) => page.goto(new URL(path, site).href),
    size: ({ width, height }) => page.setViewport({ width, height }),
    async fill({ label, value }) {
        const input = await found(field, label);
        await input.evaluate((each) => each.select?.());
        await input.type(value);
    },
    async check({ label }) {
        await (await found(field, label)).click();
    },
    async press({ name }) {
        const target = await found(button, name);
        await target.scrollIntoView();
        await target.click();
    },
    async see({ text }) {
        await page.waitForFunction((words) => document.body?.innerText.includes(words), patience, text);
    },
    async at({ path }) {
        await page.waitForFunction((wanted) => location.pathname === wanted, patience, path);
    },
    read: () =>
        page.evaluate(() => ({
            path: location.pathname,
            heading: document.querySelector("h1")?.innerText ?? "",
            text: document.body.innerText,
            overflow: document.documentElement.scrollWidth - innerWidth,
        })),
    complaints: () => complaints.splice(0),
};

for await (const line of createInterface({ input: process.stdin })) {
    const { command, ...given } = JSON.parse(line);
    let answer;
    try {
        const result = await commands[command](given);
        answer = { result: command === "read" || command === "complaints" ? result : null };
    } catch (error) {
        const seen = await commands.read().catch(() => ({}));
        answer = { error: `${command} ${JSON.stringify(given)}: ${error.message}`, seen };
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
}
await browser.close();
