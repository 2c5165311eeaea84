import { render } from "preact";
import "@picocss/pico/css/pico.min.css";
import "uplot/dist/uPlot.min.css";
import "./style/index.css";
import { App } from "./app.tsx";
import { applyScheme } from "./parts/scheme.tsx";

applyScheme();
render(<App />, document.getElementById("console")!);
