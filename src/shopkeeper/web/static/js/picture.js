// <model-picture> draws the picture of a model with ECharts. The SVG inside it stays for heatmaps and for pages without script.
import { axisFormat, colour } from './chart.js';

const TONES = ['--acc', '--orange-f', '--green-f', '--red-f', '--amber-f', '--blue-f', '--ink3', '--mute'];

/** Numbers of a unit, as short as the page's own. */
function format(unit, { symbol, lang }) {
  return axisFormat({ unit, symbol, lang });
}

function tip(head, rows) {
  const box = document.createElement('div');
  box.className = 'tip';
  const title = document.createElement('div');
  title.className = 'tip-head';
  title.textContent = head;
  box.append(title);
  rows.forEach(([name, text]) => {
    const line = document.createElement('div');
    line.className = 'tip-row';
    const label = document.createElement('span');
    label.textContent = name;
    const value = document.createElement('b');
    value.textContent = text;
    line.append(label, value);
    box.append(line);
  });
  return box;
}

function band(series, tone, name) {
  const known = series.low.length > 0;
  if (!known) return [];
  const silent = { type: 'line', silent: true, showSymbol: false, lineStyle: { opacity: 0 }, tooltip: { show: false }, stackStrategy: 'all', stack: `band ${name}` };
  const place = (value, i) => (series.at.length ? [series.at[i], value] : value);
  return [
    { ...silent, data: series.low.map(place) },
    { ...silent, data: series.high.map((value, i) => place(value == null ? null : value - series.low[i], i)), areaStyle: { color: tone, opacity: 0.18 } },
  ];
}

function drawnSeries(picture, tones) {
  return picture.series.flatMap((series, n) => {
    const tone = tones[n % tones.length];
    const data = series.at.length ? series.values.map((value, i) => [series.at[i], value]) : series.values;
    const one = { name: series.name, type: picture.kind, data, itemStyle: { color: tone } };
    if (picture.kind === 'line') {
      Object.assign(one, { showSymbol: series.values.length <= 26, symbol: 'circle', symbolSize: 4, lineStyle: { width: 1.8, color: tone }, z: 3 });
      return [...band(series, tone, series.name), one];
    }
    if (picture.kind === 'bar') Object.assign(one, { stack: picture.stacked ? 'all' : undefined, barMaxWidth: 34 });
    if (picture.kind === 'scatter') Object.assign(one, { symbolSize: 6 });
    return [one];
  });
}

function plane(data, text, tones) {
  const { picture } = data;
  const y = format(picture.y_unit, data);
  const x = format(picture.x_unit, data);
  const byNumber = picture.labels.length === 0;
  const rows = (points) => points.filter((point) => !point.seriesName.startsWith('series')).map((point) => [point.seriesName, y(Array.isArray(point.value) ? point.value[1] : point.value)]);
  return {
    grid: { left: 8, right: 18, top: picture.series.length > 1 ? 34 : 14, bottom: 4, containLabel: true },
    legend: picture.series.length > 1 ? { type: 'scroll', left: 6, top: 4, itemWidth: 14, itemHeight: 8, data: picture.series.map((s) => s.name), textStyle: { ...text, color: colour('--ink2') } } : undefined,
    xAxis: {
      type: byNumber ? 'value' : 'category',
      data: byNumber ? undefined : picture.labels,
      boundaryGap: picture.kind === 'bar',
      scale: true,
      axisTick: { show: false },
      axisLine: { lineStyle: { color: colour('--line') } },
      axisLabel: { ...text, hideOverlap: true, formatter: byNumber ? x : undefined },
      splitLine: { show: false },
    },
    yAxis: { type: 'value', scale: picture.kind !== 'bar', splitNumber: 4, axisLabel: { ...text, formatter: y }, splitLine: { lineStyle: { color: colour('--grid') } } },
    tooltip: picture.kind === 'scatter'
      ? { formatter: (point) => tip(point.seriesName, [[picture.x_name, x(point.value[0])], [picture.y_name, y(point.value[1])]]) }
      : { trigger: 'axis', formatter: (points) => tip(byNumber ? x(points[0].axisValue) : points[0].axisValueLabel, rows(points)) },
    series: drawnSeries(picture, tones),
  };
}

class ModelPicture extends HTMLElement {
  connectedCallback() {
    requestAnimationFrame(() => {
      if (!this.isConnected || this.chart || !window.echarts) return;
      this.data = JSON.parse(this.querySelector('script').textContent);
      if (this.data.picture.kind === 'heatmap') {
        this.dataset.ready = 'true'; // our ECharts has no heatmap: its SVG stays
        return;
      }
      this.querySelector('svg')?.remove();
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
    if (!this.chart) return;
    const tones = TONES.map(colour);
    const text = { fontFamily: getComputedStyle(document.documentElement).fontFamily, fontSize: 11, color: colour('--ink3') };
    const drawn = plane(this.data, text, tones);
    const box = { confine: true, backgroundColor: colour('--surf'), borderColor: colour('--line'), textStyle: { ...text, fontSize: 12, color: colour('--ink') } };
    this.chart.setOption({ animation: false, textStyle: text, ...drawn, tooltip: { ...box, ...drawn.tooltip } }, true);
  }

  disconnectedCallback() {
    this.observer?.disconnect();
    this.chart?.dispose();
    this.chart = null;
  }
}

customElements.define('model-picture', ModelPicture);
