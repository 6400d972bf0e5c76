import { createRoot } from "react-dom/client";
import { en } from "./i18n";
import { startAsking } from "./shell/ahead";
import { App } from "./shell/App";
import { Guard } from "./shell/Guard";
import { startTheme } from "./state/theme";
import "./style.css";

document.documentElement.dir = en.dir;
document.documentElement.lang = en.locale.slice(0, 2);
startTheme();
startAsking();
createRoot(document.getElementById("root")!).render(
  <Guard>
    <App />
  </Guard>,
);
