import { render } from 'preact';
import { App } from './app';
import { startPreferences } from './preferences';
import { startRoute } from './route';

startPreferences();
startRoute();
const place = document.getElementById('app');
if (place) {
  place.textContent = '';
  render(<App />, place);
}
