// A uPlot chart that takes its colours from the style sheet and its width from the page. Its words stand beside it.
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";

export interface Line {
  label: string;
  // A custom property of colours.css.
  colour: string;
  dash?: number[];
  bars?: boolean;
}

export interface ChartProps {
  // What a screen reader says in its place.
  label: string;
  x: number[];
  values: (number | null)[][];
  lines: Line[];
  time?: boolean;
  xLabel?: string;
  // Where the second is null, as high as the values go.
  yRange?: [number, number | null];
  yLabel?: string;
  // Where the axis has its marks, and what stands there; else as uPlot finds fit.
  yMarks?: readonly (readonly [number, string])[];
  // A point to mark.
  mark?: { x: number; y: number } | undefined;
  height?: number;
}

export function Chart(props: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const drawn = useRef<uPlot | null>(null);
  const mark = useRef(props.mark);
  mark.current = props.mark;

  useEffect(() => {
    const box = place.current!;
    const draw = () => {
      drawn.current?.destroy();
      drawn.current = new uPlot(options(props, box, () => mark.current), [props.x, ...props.values] as uPlot.AlignedData, box);
    };
    draw();
    const resized = new ResizeObserver(() => drawn.current?.setSize({ width: box.clientWidth, height: heightOf(props) }));
    resized.observe(box);
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", draw);
    addEventListener("schemechange", draw);
    return () => {
      resized.disconnect();
      scheme.removeEventListener("change", draw);
      removeEventListener("schemechange", draw);
      drawn.current?.destroy();
      drawn.current = null;
    };
  }, [props.x, props.values]);

  useEffect(() => drawn.current?.redraw(false), [props.mark?.x, props.mark?.y]);

  return (
    <figure class="chart">
      <div ref={place} role="img" aria-label={props.label} />
      <figcaption aria-hidden="true">
        {props.lines.map((line) => (
          <span key={line.label} class="key">
            <span class={`swatch ${line.colour}`} />
            {line.label}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

const FEW = 12;

const titled = (words: string | undefined) => (words ? { label: words, labelSize: 22 } : {});

// Marks in the reader's own time: hours within two days, else days.
function clock(at: number[]): string[] {
  const days = (at.at(-1) ?? 0) - (at[0] ?? 0) > 2 * 86_400;
  const how = days ? ({ day: "numeric", month: "short" } as const) : ({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const);
  return at.map((seconds) => new Date(1000 * seconds).toLocaleString(undefined, how));
}

const heightOf = (props: ChartProps) => props.height ?? 220;

function options(props: ChartProps, box: HTMLElement, mark: () => ChartProps["mark"]): uPlot.Options {
  const styles = getComputedStyle(box);
  const [low, high] = props.yRange ?? [0, null];
  const marks = props.yMarks;
  const colour = (name: string) => styles.getPropertyValue(`--${name}`).trim();
  const axis = { stroke: colour("faint"), grid: { stroke: colour("line"), width: 1 }, ticks: { stroke: colour("line"), width: 1 } };
  return {
    width: box.clientWidth,
    height: heightOf(props),
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: props.time ?? false }, y: { range: (_, __, most) => [low, high ?? (most > low ? low + 1.08 * (most - low) : low + 1)] } },
    axes: [
      { ...axis, ...titled(props.xLabel), ...(props.time ? { values: (_: uPlot, at: number[]) => clock(at) } : {}) },
      {
        ...axis,
        size: 56,
        ...titled(props.yLabel),
        ...(marks ? { splits: () => marks.map(([at]) => at), values: () => marks.map(([, words]) => words) } : {}),
      },
    ],
    series: [
      {},
      ...props.lines.map((line, i) => ({
        label: line.label,
        stroke: colour(line.colour),
        width: 2,
        spanGaps: true,
        // A line of one point is none.
        points: { show: !line.bars && (props.values[i] ?? []).filter((each) => each !== null).length < FEW, size: 6 },
        ...(line.dash ? { dash: line.dash } : {}),
        ...(line.bars ? { paths: uPlot.paths.bars!({ size: [0.9] }), fill: colour(line.colour), width: 0 } : {}),
      })),
    ],
    hooks: {
      draw: [
        (chart) => {
          const at = mark();
          if (!at) return;
          const { ctx } = chart;
          ctx.save();
          ctx.beginPath();
          ctx.arc(chart.valToPos(at.x, "x", true), chart.valToPos(at.y, "y", true), 6 * devicePixelRatio, 0, 2 * Math.PI);
          ctx.fillStyle = colour("curve-2");
          ctx.strokeStyle = colour("surface");
          ctx.lineWidth = 2 * devicePixelRatio;
          ctx.fill();
          ctx.stroke();
          ctx.restore();
        },
      ],
    },
  };
}
