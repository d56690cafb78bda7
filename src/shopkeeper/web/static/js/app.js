// Everything that moves on a page. Pages work without it; each module adds one convenience.
import './chart.js';
import './preferences.js';
import './keyboard.js';
import './tables.js';
import './coverage.js';
import './choosing.js';
import './live.js';
import './segments.js';
import './picture.js';
import './forecast.js';
