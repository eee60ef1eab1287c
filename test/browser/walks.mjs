// All walks, one after the other in one process: they share a browser and a demo.
import './information.spec.mjs';
import './first-page.spec.mjs';
import './rights.spec.mjs';
import './supervision.spec.mjs';
