// Draws the charts that the page describes (the data block "charts") with Chart.js, in the page's colours: light,
// dark, or those of paper while printing.
'use strict';
(() => {
  const specs = JSON.parse(document.getElementById('charts').textContent);
  const root = document.documentElement;
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const colour = name => getComputedStyle(root).getPropertyValue('--' + name).trim();
  const onPaper = () => root.dataset.paper !== undefined;
  const marks = ['circle', 'triangle', 'rect', 'rectRot', 'rectRounded', 'crossRot'];
  const round = value => value.toLocaleString('en', { maximumSignificantDigits: 6 });

  // The round number from `rough` on: 1, 2 or 5 times a power of ten.
  function roundStep(rough) {
    const power = 10 ** Math.floor(Math.log10(rough));
    return [1, 2, 5, 10].map(digit => digit * power).find(step => step >= rough);
  }

  // Ticks of a logarithmic axis: first powers of ten, then 2 and 5, then whatever has room; on an axis that spans too
  // little for these, equal steps.
  function logarithmicTicks(axis) {
    const room = Math.log(axis.max / axis.min) * 16 / Math.max(60, axis.height);
    const kept = [];
    const keep = exact => {
      const value = Number(exact.toPrecision(6));
      const free = kept.every(other => Math.abs(Math.log(value / other)) >= room);
      if (free && value >= axis.min && value <= axis.max) kept.push(value);
    };
    for (const step of [1, 2, 5, 1.5, 3, 4, 6, 8]) {
      for (let power = -6; power < 7; ++power) keep(step * 10 ** power);
    }
    if (kept.length < 3) {
      const step = roundStep((axis.max - axis.min) / 4);
      for (let count = Math.ceil(axis.min / step); count * step <= axis.max; ++count) keep(count * step);
    }
    axis.ticks = kept.sort((a, b) => a - b).map(value => ({ value }));
  }

  // An accuracy is placed by its error, 100 - accuracy, on an inverted logarithmic axis.
  function placeOf(scale) {
    return scale === 'accuracy' ? value => 100 - value : value => value;
  }

  // A scale that fits all values.
  function usable(axis, values) {
    const positive = axis.scale === 'accuracy' ? values.every(value => value < 100) : values.every(value => value > 0);
    return axis.scale === 'linear' || positive ? axis.scale : 'linear';
  }

  function scaleOptions(axis, scale, values) {
    const options = {
      title: { display: true, text: axis.label, color: colour('muted') },
      ticks: { color: colour('muted'), maxRotation: 0, maxTicksLimit: 8, callback: value => round(value) },
      grid: { color: colour('rule'), borderColor: colour('rule'), drawTicks: false },
    };
    if (scale === 'linear') {
      const most = axis.scale === 'accuracy' ? { max: 100 } : {};
      return { ...options, ...most, type: 'linear', beginAtZero: axis.scale === 'linear' };
    }
    const places = values.map(placeOf(scale));
    return {
      ...options,
      type: 'logarithmic',
      reverse: scale === 'accuracy',
      min: Math.min(...places) / 1.12,
      max: Math.min(Math.max(...places) * 1.12, scale === 'accuracy' ? 100 : Infinity),
      afterBuildTicks: logarithmicTicks,
      ticks: { ...options.ticks, callback: place => round(scale === 'accuracy' ? 100 - place : place) },
    };
  }

  // How each style differs from a plain line with small points.
  const styles = {
    line: () => ({}),
    steps: () => ({ stepped: 'before' }),
    bare: () => ({ pointRadius: 0 }),
    reference: ink => ({ borderColor: ink + '80', borderWidth: 1.25, borderDash: [5, 4], pointRadius: 0, order: 2 }),
    mark: () => ({ showLine: false, pointRadius: 6.5, pointHoverRadius: 8 }),
    hollow: () => ({ showLine: false, pointRadius: 5.5, backgroundColor: 'transparent', pointBorderWidth: 1.25 }),
    whisker: ink => ({ borderColor: ink + 'a0', borderWidth: 1.25, pointRadius: 0, pointHoverRadius: 0, order: 2 }),
  };
  const entered = ['line', 'steps', 'bare', 'mark', 'hollow'];  // in the legend

  function dataset(series, place) {
    const ink = colour('c' + series.colour % 6);
    return {
      label: series.label,
      series,
      data: series.points.map(([x, y]) => ({ x, y: place(y) })),
      borderColor: ink,
      backgroundColor: ink,
      borderWidth: 2,
      pointStyle: marks[(series.colour + Math.floor(series.colour / 6)) % marks.length],
      pointRadius: series.points.length > 40 ? 0 : 2.5,
      pointHoverRadius: 4.5,
      pointBorderWidth: 1.5,
      clip: 8,
      order: 1,
      ...styles[series.style](ink),
    };
  }

  // In a bar chart every series except a reference is bars.
  function bar(set) {
    if (set.series.style === 'reference') return { ...set, type: 'line', order: 0 };
    return { ...set, borderWidth: 0, backgroundColor: set.backgroundColor + 'b0', barPercentage: 1, categoryPercentage: .96, grouped: false };
  }

  function targetRegion(target, place) {
    return {
      label: 'goal', data: [{ x: 0, y: place(target.y) }, { x: target.x, y: place(target.y) }],
      fill: 'end', backgroundColor: colour('target'), borderColor: colour('good'), borderWidth: 1, borderDash: [3, 3],
      showLine: true, pointRadius: 0, pointHoverRadius: 0, order: 3,
    };
  }

  // Names beside the marked points, if no legend has them, and of the region to reach.
  const names = {
    id: 'names',
    afterDatasetsDraw(chart) {
      const { ctx, chartArea } = chart;
      ctx.save();
      ctx.font = '12px ' + getComputedStyle(document.body).fontFamily;
      chart.data.datasets.forEach((set, index) => {
        const { x, y } = chart.getDatasetMeta(index).data[0];
        if (set.label === 'goal') {
          ctx.textAlign = 'left';
          ctx.fillStyle = colour('good');
          ctx.fillText(set.label, chartArea.left + 8, (chartArea.top + y) / 2 + 4);
        }
        if (chart.options.plugins.legend.display || !set.series || set.series.style !== 'mark') return;
        ctx.fillStyle = colour('ink');
        const fits = x + 12 + ctx.measureText(set.label).width < chartArea.right;
        ctx.textAlign = fits ? 'left' : 'right';
        ctx.fillText(set.label, fits ? x + 11 : x - 11, y + 4);
      });
      ctx.restore();
    },
  };

  // A series' entry in the legend also hides what it is compared with.
  function toggle(event, item, legend) {
    const chart = legend.chart;
    const visible = !chart.isDatasetVisible(item.datasetIndex);
    const same = chart.data.datasets[item.datasetIndex].series.colour;
    chart.data.datasets.forEach((set, index) => {
      if (set.series && set.series.colour === same) chart.setDatasetVisibility(index, visible);
    });
    chart.update('none');
  }

  function tooltipLine(scale) {
    return item => {
      const { x, y } = item.raw;
      const value = round(scale === 'accuracy' ? 100 - y : y);
      return `${item.dataset.label}: ${value}` + (item.dataset.series.style === 'line' ? '' : ` at ${round(x)}`);
    };
  }

  // The first epoch and multiples of a round number.
  function epochTicks(axis) {
    const steps = [1, 2, 5].flatMap(digit => [0, 1, 2, 3, 4, 5].map(power => digit * 10 ** power)).sort((a, b) => a - b);
    const room = axis.width / 32;
    const step = steps.find(candidate => (axis.max - axis.min) / candidate < room);
    axis.ticks = [];
    for (let value = step; value <= axis.max; value += step) axis.ticks.push({ value });
    if (step > 1) axis.ticks.unshift({ value: 1 });
  }

  function xOptions(spec, bars) {
    const xs = spec.series.flatMap(series => series.points.map(point => point[0]));
    const options = scaleOptions(spec.x, 'linear', xs);
    if (bars) return { ...options, min: 0, max: 1, offset: false, grid: { ...options.grid, offset: false } };
    if (spec.x.scale === 'amount') {
      return { ...options, min: 0, suggestedMax: 1.08 * Math.max(...xs, spec.target ? spec.target.x : 0) };
    }
    const first = Math.min(...xs);
    const last = Math.max(...xs);
    if (spec.x.scale === 'measure') {
      const room = .03 * (last - first) || 1;
      const [min, max] = [Math.max(first - room, 0), Math.min(last + room, 100)];
      return { ...options, min, max, ticks: { ...options.ticks, includeBounds: false } };
    }
    const aside = first < last ? 0 : .5;  // a single epoch stands in the middle
    const ticks = { ...options.ticks, autoSkip: false };
    return { ...options, ticks, min: Math.min(first, 1) - aside, max: last + aside, afterBuildTicks: epochTicks };
  }

  function configuration(spec) {
    const bars = spec.kind === 'bars';
    const values = spec.series.flatMap(series => series.points.map(point => point[1])).concat(spec.target ? spec.target.y : []);
    const scale = usable(spec.y, values);
    const place = placeOf(scale);
    const datasets = spec.series.map(series => dataset(series, place)).map(set => bars ? bar(set) : set);
    const alone = bars || ['amount', 'measure'].includes(spec.x.scale);  // no other point has the same x
    const x = xOptions(spec, bars);
    const y = scaleOptions(spec.y, scale, values);
    if (bars && scale === 'linear') y.max = 1;
    if (bars && scale === 'logarithmic') y.min /= 1.5;  // otherwise the lowest bar would have no height
    if (spec.target) {
      if (scale === 'accuracy') y.min /= 1.15;
      datasets.push(targetRegion(spec.target, place));
    }
    return {
      type: bars ? 'bar' : 'line',
      data: { datasets },
      plugins: [names],
      options: {
        animation: false,
        devicePixelRatio: onPaper() ? 3 : devicePixelRatio,
        maintainAspectRatio: false,
        scales: { x, y },
        interaction: { mode: alone ? 'nearest' : 'index', intersect: false },
        plugins: {
          legend: {
            display: spec.legend,
            align: 'start',
            onClick: toggle,
            labels: {
              color: colour('ink'), usePointStyle: true, boxWidth: 9, boxHeight: 9, padding: 14,
              filter: (item, data) => {
                const { series } = data.datasets[item.datasetIndex];
                return series !== undefined && entered.includes(series.style);
              },
            },
          },
          tooltip: {
            filter: item => item.dataset.series !== undefined,
            callbacks: { title: items => items.length && !alone ? `${spec.x.label} ${round(items[0].raw.x)}` : '', label: tooltipLine(scale) },
          },
        },
      },
    };
  }

  const charts = new Map();  // by canvas

  function draw(canvas) {
    if (charts.has(canvas) || canvas.closest('details:not([open])')) return;
    charts.set(canvas, new Chart(canvas, configuration(specs[canvas.dataset.chart])));
  }

  function recolour() {
    for (const [canvas, chart] of charts) {
      const { data, options } = configuration(specs[canvas.dataset.chart]);
      chart.data = data;
      chart.options = options;
      chart.resize();
      chart.update('none');
    }
  }

  const drawAll = () => document.querySelectorAll('canvas[data-chart]').forEach(draw);
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  drawAll();
  document.querySelectorAll('details').forEach(details => details.addEventListener('toggle', drawAll));
  dark.addEventListener('change', recolour);
  addEventListener('beforeprint', () => { root.dataset.paper = ''; recolour(); });
  addEventListener('afterprint', () => { delete root.dataset.paper; recolour(); });
})();
