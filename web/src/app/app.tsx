import { useEffect } from 'preact/hooks';
import { ClinicianPages } from '../clinician/clinician';
import { PatientPages } from '../patient/patient';
import { RegistrarPages } from '../registrar/registrar';
import { LiveRegion } from '../shared/live';
import { SupervisorPages } from '../supervisor/supervisor';
import { acting } from './acting';
import { Header } from './header';
import { go } from './route';
import { user } from './session';
import { Start } from './start';
import { language, t } from '../i18n';

export function App() {
  const who = user.value;
  // The fragment outlives a reload but the token does not: begin from the start page.
  useEffect(() => {
    if (!who) go('start');
  }, [who]);
  return (
    <>
      <a class="skip" href="#content" onClick={skip}>{t('app.skip')}</a>
      <Header />
      <main id="content" tabIndex={-1}>
        {!who && <Start />}
        {who?.role === 'clinician' && <ClinicianPages key={who.id} user={who} />}
        {who?.role === 'patient' && <PatientPages key={`${who.id} ${acting.value?.identifier.value ?? ''}`} user={who} />}
        {who?.role === 'supervisor' && <SupervisorPages key={who.id} user={who} />}
        {who?.role === 'administrator' && <RegistrarPages key={who.id} user={who} />}
      </main>
      <footer class="bottom">
        <a href={language.value === 'sv' ? '/information.html' : '/information.en.html'}>{t('app.information')}</a>
      </footer>
      <LiveRegion />
    </>
  );
}

function skip(event: Event): void {
  event.preventDefault();
  document.getElementById('content')?.focus();
}
