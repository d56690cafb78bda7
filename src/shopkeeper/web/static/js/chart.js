// <ops-chart> draws the JSON inside it with ECharts. As a custom element it mounts and disposes of itself through htmx swaps.

const probe = document.createElement('span');
probe.hidden = true;
document.body.append(probe);

/** The colour that a token of tokens.css has now, as ECharts understands it. */
export function colour(token) {
  probe.style.color = `var(${token})`;
  return getComputedStyle(probe).color;
}

/** Numbers on an axis: as short as the page's own, in the page's language. */
export function axisFormat({ unit, symbol, lang }) {
  const locale = lang === 'zh' ? 'zh-CN' : 'en-US';
  const compact = new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 2 });
  const sign = (value) => (value < 0 ? '−' : '');
  if (unit === 'share') {
    return (value) => `${+(value * 100).toFixed(2)}%`;
  }
  if (unit === 'money') {
    return (value) => `${sign(value)}${symbol}${compact.format(Math.abs(value))}`;
  }
  return (value) => `${sign(value)}${compact.format(Math.abs(value))}`;
}

/** The tooltip as elements with classes: the Content-Security-Policy allows no style attributes in markup. */
function tooltip(data) {
  return (points) => {
    const index = points[0].dataIndex;
    const box = document.createElement('div');
    box.className = 'tip';
    const head = document.createElement('div');
    head.className = 'tip-head';
    head.textContent = data.labels[index];
    box.append(head);
    const row = (name, text) => {
      const line = document.createElement('div');
      line.className = 'tip-row';
      const label = document.createElement('span');
      label.textContent = name;
      const value = document.createElement('b');
      value.textContent = text;
      line.append(label, value);
      box.append(line);
    };
    row(data.words.value, data.texts[index]);
    if (data.low[index] != null) {
      const format = axisFormat(data);
      row(data.words.usual, `${format(data.low[index])} – ${format(data.high[index])}`);
    }
    if (data.target != null) row(data.words.target, data.targetText);
    return box;
  };
}

const SOLID = 'path://M0,3h16v2H0z';
const DOTS = 'path://M0,3h2v2H0zM5,3h2v2H5zM10,3h2v2H10z';
const BLOCK = 'path://M0,0h16v8H0z';

/** A level line of shares would else be drawn on an axis that goes far beyond all. */
function around({ unit, values }) {
  const known = values.filter((value) => value != null);
  if (unit !== 'share' || Math.max(...known) !== Math.min(...known) || known[0] > 1) return {};
  return { min: Math.max(0, known[0] - 0.05), max: Math.min(1, known[0] + 0.05) };
}

function options(data) {
  const ink3 = colour('--ink3');
  const accent = colour('--acc');
  const band = colour('--band');
  const format = axisFormat(data);
  const text = { fontFamily: getComputedStyle(document.documentElement).fontFamily, fontSize: 11 };
  const hasBand = data.low.some((value) => value != null);
  const few = data.values.length <= 26;
  const silent = { type: 'line', silent: true, showSymbol: false, lineStyle: { opacity: 0 }, tooltip: { show: false } };
  const series = [];
  if (hasBand) {
    series.push(
      { ...silent, stack: 'band', stackStrategy: 'all', data: data.low },
      {
        ...silent,
        name: data.words.usual,
        stack: 'band',
        stackStrategy: 'all',
        data: data.high.map((value, i) => (value == null ? null : value - data.low[i])),
        areaStyle: { color: band, opacity: 1 },
        itemStyle: { color: band },
      },
    );
  }
  series.push({
    name: data.words.value,
    type: 'line',
    data: data.values,
    connectNulls: false,
    symbol: 'circle',
    symbolSize: few ? 5 : 3,
    showSymbol: few,
    lineStyle: { width: 1.8, color: accent },
    itemStyle: { color: accent },
    z: 3,
    markLine: {
      silent: true,
      symbol: 'none',
      animation: false,
      label: { show: false },
      data: [
        { xAxis: data.selected, lineStyle: { color: colour('--mute'), type: 'solid', width: 1 } },
      ],
    },
  });
  if (data.target != null) {
    series.push({
      name: data.words.target,
      type: 'line',
      data: data.values.map(() => data.target),
      showSymbol: false,
      silent: true,
      lineStyle: { width: 1, type: [2, 3], color: ink3 },
      itemStyle: { color: ink3 },
    });
  }
  const legend = [{ name: data.words.value, icon: SOLID }];
  if (hasBand) legend.push({ name: data.words.usual, icon: BLOCK });
  if (data.target != null) legend.push({ name: data.words.target, icon: DOTS });
  return {
    animation: false,
    textStyle: text,
    grid: { left: 8, right: 16, top: 34, bottom: 4, containLabel: true },
    legend: { left: 6, top: 4, itemWidth: 16, itemHeight: 8, itemGap: 14, selectedMode: false, textStyle: { ...text, color: colour('--ink2') }, data: legend },
    tooltip: {
      trigger: 'axis',
      confine: true,
      backgroundColor: colour('--surf'),
      borderColor: colour('--line'),
      textStyle: { ...text, fontSize: 12, color: colour('--ink') },
      formatter: tooltip(data),
    },
    xAxis: {
      type: 'category',
      data: data.ticks,
      boundaryGap: false,
      axisLine: { lineStyle: { color: colour('--line') } },
      axisTick: { show: false },
      axisLabel: { ...text, color: ink3, hideOverlap: true },
    },
    yAxis: {
      type: 'value',
      scale: true,
      ...around(data),
      splitNumber: 4,
      axisLabel: { ...text, color: ink3, formatter: format },
      splitLine: { lineStyle: { color: colour('--grid') } },
    },
    series,
  };
}

class OpsChart extends HTMLElement {
  connectedCallback() {
    requestAnimationFrame(() => {
      if (!this.isConnected || this.chart || !window.echarts) return;
      this.data = JSON.parse(this.querySelector('script').textContent);
      const canvas = document.createElement('div');
      canvas.className = 'canvas';
      this.append(canvas);
      this.chart = window.echarts.init(canvas, null, { renderer: 'canvas' });
      this.draw();
      this.observer = new ResizeObserver(() => this.chart?.resize());
      this.observer.observe(this);
      this.dataset.ready = 'true';
    });
  }

  draw() {
    this.chart?.setOption(options(this.data), true);
  }

  disconnectedCallback() {
    this.observer?.disconnect();
    this.chart?.dispose();
    this.chart = null;
  }
}

customElements.define('ops-chart', OpsChart);

/** Draw every chart anew, after the theme or the tone has changed. */
export function redraw() {
  document.querySelectorAll('ops-chart, model-picture, forecast-chart').forEach((chart) => chart.draw());
}

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
addEventListener('beforeprint', () => document.querySelectorAll('ops-chart, model-picture, forecast-chart').forEach((chart) => chart.chart?.resize()));
