// The rule builder: a condition is chosen from lists and put into the text, which stays the truth.
const form = document.querySelector('[data-rule]');
if (form) {
  const builder = form.querySelector('[data-builder]');
  const dimension = form.querySelector('[data-dimension]');
  const operator = form.querySelector('[data-operator]');
  const value = form.querySelector('[data-value]');
  const text = form.querySelector('textarea');
  const offer = () => {
    const chosen = dimension.selectedOptions[0];
    operator.replaceChildren(...(chosen?.dataset.operators ?? '').split(',').map((name) => new Option(name, name)));
    silence();
  };
  const silence = () => {
    value.disabled = ['known', 'unknown'].includes(operator.value);
  };
  const rule = () => {
    try {
      const found = JSON.parse(text.value || '{}');
      const join = Object.keys(found)[0];
      return Array.isArray(found[join]) ? found : { all: [] };
    } catch {
      return null; // half a text is not thrown away
    }
  };
  builder.hidden = false;
  dimension.addEventListener('change', offer);
  operator.addEventListener('change', silence);
  form.querySelector('[data-add]').addEventListener('click', () => {
    const found = rule();
    if (!found || (!value.disabled && !value.value.trim())) {
      (found ? value : text).focus();
      return;
    }
    const says = value.disabled ? operator.value : `${operator.value} ${value.value.trim()}`;
    found[Object.keys(found)[0]].push({ [dimension.value]: says });
    text.value = JSON.stringify(found);
    value.value = '';
    text.dispatchEvent(new Event('counted', { bubbles: true }));
  });
  offer();
}
