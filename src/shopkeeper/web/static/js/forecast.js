// <forecast-chart> draws what was, what is expected, and the bands around it. The JSON inside it holds everything.
import { axisFormat, colour } from './chart.js';

const SOLID = 'path://M0,3h16v2H0z';
const DASHED = 'path://M0,3h6v2H0zM10,3h6v2h-6z';
const DOTS = 'path://M0,3h2v2H0zM5,3h2v2H5zM10,3h2v2H10z';
const BLOCK = 'path://M0,0h16v8H0z';

function tip(data) {
  const format = axisFormat(data);
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
    const ahead = data.past[index] == null;
    row(ahead ? data.words.mean : data.words.actual, data.texts[index]);
    if (ahead) {
      row(data.words.within80, `${format(data.low80[index])} – ${format(data.high80[index])}`);
      row(data.words.within95, `${format(data.low95[index])} – ${format(data.high95[index])}`);
    }
    if (data.target != null) row(data.words.target, data.targetText);
    return box;
  };
}

function band(name, low, high, tone, opacity) {
  const silent = { type: 'line', silent: true, showSymbol: false, lineStyle: { opacity: 0 }, tooltip: { show: false }, stack: name, stackStrategy: 'all' };
  return [
    { ...silent, data: low },
    { ...silent, name, data: high.map((value, i) => (value == null ? null : value - low[i])), areaStyle: { color: tone, opacity }, itemStyle: { color: tone, opacity } },
  ];
}

function options(data) {
  const accent = colour('--acc');
  const ink3 = colour('--ink3');
  const text = { fontFamily: getComputedStyle(document.documentElement).fontFamily, fontSize: 11 };
  const { words } = data;
  const line = { type: 'line', itemStyle: { color: accent }, showSymbol: data.labels.length <= 40, symbol: 'circle', symbolSize: 4, z: 3 };
  const series = [
    ...band(words.within95, data.low95, data.high95, accent, 0.12),
    ...band(words.within80, data.low80, data.high80, accent, 0.22),
    { ...line, name: words.actual, data: data.past, lineStyle: { width: 1.8, color: accent } },
    { ...line, name: words.mean, data: data.mean, showSymbol: false, lineStyle: { width: 1.8, type: 'dashed', color: accent } },
  ];
  const legend = [{ name: words.actual, icon: SOLID }, { name: words.mean, icon: DASHED }, { name: words.within80, icon: BLOCK }, { name: words.within95, icon: BLOCK }];
  if (data.target != null) {
    series.push({ name: words.target, type: 'line', data: data.labels.map(() => data.target), showSymbol: false, silent: true, lineStyle: { width: 1, type: [2, 3], color: ink3 }, itemStyle: { color: ink3 } });
    legend.push({ name: words.target, icon: DOTS });
  }
  return {
    animation: false,
    textStyle: text,
    grid: { left: 8, right: 16, top: 52, bottom: 4, containLabel: true },
    legend: { left: 6, top: 4, itemWidth: 16, itemHeight: 8, itemGap: 14, selectedMode: false, textStyle: { ...text, color: colour('--ink2') }, data: legend },
    tooltip: {
      trigger: 'axis',
      confine: true,
      backgroundColor: colour('--surf'),
      borderColor: colour('--line'),
      textStyle: { ...text, fontSize: 12, color: colour('--ink') },
      formatter: tip(data),
    },
    xAxis: { type: 'category', data: data.ticks, boundaryGap: false, axisLine: { lineStyle: { color: colour('--line') } }, axisTick: { show: false }, axisLabel: { ...text, color: ink3, hideOverlap: true } },
    yAxis: { type: 'value', scale: true, splitNumber: 4, axisLabel: { ...text, color: ink3, formatter: axisFormat(data) }, splitLine: { lineStyle: { color: colour('--grid') } } },
    series,
  };
}

class ForecastChart extends HTMLElement {
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

customElements.define('forecast-chart', ForecastChart);
