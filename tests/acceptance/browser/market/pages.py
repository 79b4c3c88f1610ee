"""Pages in the manner of those that programs have posted for twenty years, written anew."""

from __future__ import annotations

OLD_FORM = """<!DOCTYPE html>
<html><head><title>Receipts</title><meta charset="utf-8">
<script src="https://s3.amazonaws.com/mturk-public/externalHIT_v1.js"></script></head>
<body><h1>What did it cost?</h1>
<form name="mturk_form" method="post" id="mturk_form" action="https://www.mturk.com/mturk/externalSubmit">
<input type="hidden" value="" name="assignmentId" id="assignmentId">
<p><label>Total <input type="text" name="total" required></label></p>
<p><label><input type="checkbox" name="flags" value="torn"> torn</label>
<label><input type="checkbox" name="flags" value="faint"> faint</label></p>
<p><label>Remarks <textarea name="remarks"></textarea></label></p>
<p><input type="submit" id="submitButton" value="Submit"></p></form>
<script>turkSetAssignmentID();</script></body></html>"""

SENTIMENT = """<script src="https://assets.crowd.aws/crowd-html-elements.js"></script>
<crowd-form>
  <crowd-classifier name="sentiment" categories="['Positive', 'Negative', 'Neutral', 'N/A']"
    header="What sentiment does this text convey?">
    <classification-target>The trains here are late &amp; clean, and nobody minds.</classification-target>
    <full-instructions header="Sentiment instructions">
      <p><strong>Positive</strong> sentiment includes joy and relief.</p>
      <p><strong>Negative</strong> sentiment includes anger and boredom.</p>
    </full-instructions>
    <short-instructions>Choose the sentiment that the text as a whole conveys.</short-instructions>
  </crowd-classifier>
</crowd-form>"""

SURVEY = """<!DOCTYPE html><html><head><title>Survey</title><meta charset="utf-8">
<script src="https://assets.crowd.aws/crowd-html-elements.js"></script></head><body>
<crowd-form>
  <crowd-instructions link-text="View instructions" link-type="button">
    <short-summary>Tell us about one film.</short-summary>
    <detailed-instructions>Any film you saw this year.</detailed-instructions>
    <positive-example>A title everybody can look up.</positive-example>
    <negative-example>“That one with the boat”.</negative-example>
  </crowd-instructions>
  <crowd-alert type="info" dismissible>It takes a minute.</crowd-alert>
  <h2>Your film</h2>
  <crowd-input name="title" label="Title" placeholder="As on the poster" required></crowd-input>
  <crowd-text-area name="why" label="Why this one?" rows="4" max-length="200" char-counter></crowd-text-area>
  <h3>Where did you see it?</h3>
  <crowd-radio-group>
    <crowd-radio-button name="cinema" value="yes">Cinema</crowd-radio-button>
    <crowd-radio-button name="home" value="yes">At home</crowd-radio-button>
  </crowd-radio-group>
  <h3>What was good?</h3>
  <div><crowd-checkbox name="good" value="music">Music</crowd-checkbox></div>
  <div><crowd-checkbox name="good" value="plot">Plot</crowd-checkbox></div>
  <h3>How much did you like it?</h3>
  <crowd-slider name="liking" min="0" max="10" step="1" label="Liking" pin required></crowd-slider>
  <crowd-toggle-button name="again" value="yes">I would see it again</crowd-toggle-button>
  <crowd-tabs><crowd-tab header="Genre"><label>Genre <select name="genre"><option>Comedy</option>
  <option>Drama</option></select></label></crowd-tab><crowd-tab header="Year"><label>Year
  <input type="number" name="year"></label></crowd-tab></crowd-tabs>
  <crowd-card heading="Thanks"><p>The answers are published.
  <crowd-badge label="open data"></crowd-badge></p></crowd-card>
  <crowd-button form-action="submit" variant="primary">Send it</crowd-button>
</crowd-form></body></html>"""

IMAGE = (
    "data:image/svg+xml,%3Csvg%20xmlns='http://www.w3.org/2000/svg'%20width='400'%20height='250'%3E"
    "%3Crect%20width='400'%20height='250'%20fill='%23bcd'/%3E%3Crect%20x='50'%20y='60'%20width='100'"
    "%20height='75'%20fill='%23c63'/%3E%3Ccircle%20cx='280'%20cy='150'%20r='45'%20fill='%23384'/%3E%3C/svg%3E"
)

BOXES = f"""<script src="https://assets.crowd.aws/crowd-html-elements.js"></script>
<crowd-form answer-format="flatten-objects">
  <crowd-bounding-box name="annotatedResult" src="{IMAGE}" header="Draw a box around each shape"
    labels="['Square', 'Circle']">
    <full-instructions header="Boxes"><p>Tight boxes, please.</p></full-instructions>
    <short-instructions>One box for each shape.</short-instructions>
  </crowd-bounding-box>
</crowd-form>"""

PICTURES = f"""<script src="https://assets.crowd.aws/crowd-html-elements.js"></script>
<crowd-form>
  <crowd-image-classifier-multi-select name="shapes" src="{IMAGE}" header="Which shapes are there?"
    categories='["Square", "Circle", "Star"]' exclusion-category="{{ text: 'None of these' }}">
    <short-instructions>Choose all that apply.</short-instructions>
  </crowd-image-classifier-multi-select>
</crowd-form>"""

FORM = """
<QuestionForm xmlns="http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2017-11-06/QuestionForm.xsd">
<Overview><Title>Birds of the town</Title><Text>Some questions about birds.</Text>
<List><ListItem>Look first</ListItem><ListItem>Then answer</ListItem></List>
<FormattedContent><![CDATA[<p>A <b>robin</b> is small.
<script>window.pwned = 1</script></p>]]></FormattedContent>
</Overview>
<Question><QuestionIdentifier>code</QuestionIdentifier><DisplayName>Code</DisplayName><IsRequired>true</IsRequired>
<QuestionContent><Text>Which code is on its ring?</Text></QuestionContent>
<AnswerSpecification><FreeTextAnswer>
<Constraints><Length minLength="2" maxLength="6"/>
<AnswerFormatRegex regex="^[A-Z][0-9]+$" errorText="A letter, then digits."/></Constraints>
</FreeTextAnswer></AnswerSpecification></Question>
<Question><QuestionIdentifier>count</QuestionIdentifier>
<QuestionContent><Text>How many?</Text></QuestionContent>
<AnswerSpecification><FreeTextAnswer><Constraints>
<IsNumeric minValue="0" maxValue="9"/></Constraints></FreeTextAnswer></AnswerSpecification></Question>
<Question><QuestionIdentifier>notes</QuestionIdentifier><QuestionContent><Text>Notes</Text></QuestionContent>
<AnswerSpecification><FreeTextAnswer>
<NumberOfLinesSuggestion>4</NumberOfLinesSuggestion></FreeTextAnswer></AnswerSpecification></Question>
{}
</QuestionForm>"""
CHOICE = """<Question><QuestionIdentifier>{0}</QuestionIdentifier><DisplayName>As {0}</DisplayName>
<QuestionContent><Text>Which birds?</Text></QuestionContent>
<AnswerSpecification><SelectionAnswer>
<StyleSuggestion>{0}</StyleSuggestion><Selections>
<Selection><SelectionIdentifier>robin</SelectionIdentifier><Text>Robin</Text></Selection>
<Selection><SelectionIdentifier>crow</SelectionIdentifier><Text>Crow &amp; co.</Text></Selection>
<OtherSelection/></Selections></SelectionAnswer></AnswerSpecification></Question>"""
BIRDS = FORM.format(
    "".join(
        CHOICE.format(style)
        for style in ("radiobutton", "checkbox", "list", "dropdown", "combobox", "multichooser")
    )
)

HARMFUL = """<!DOCTYPE html><html><head><meta charset="utf-8"></head><body><p id="said">Innocent</p><script>
const found = {};
const attempt = (name, act) => {
  try { found[name] = String(act()); } catch (error) { found[name] = "refused"; }
};
attempt("cookie", () => document.cookie);
attempt("storage", () => localStorage.length);
attempt("parent", () => parent.document.title);
attempt("top", () => { top.location = "/work/account"; return "moved"; });
attempt("frame", () => parent.document.querySelector("form").submit());
parent.postMessage({ crowd: "submitted" }, "*");
const form = document.createElement("form");
form.method = "post"; form.action = "/work/signout"; form.target = "_self";
document.body.append(form);
const inner = document.createElement("iframe"); inner.src = "/work/account"; document.body.append(inner);
const script = document.createElement("script");
script.src = "/static/work/labeling.js"; document.body.append(script);
const image = new Image();
image.src = "/work/account?by=image"; document.body.append(image);
Promise.allSettled([
  fetch("/work/account", { credentials: "include" }).then((answer) => answer.text()),
  fetch("/api/v1/projects", { credentials: "include" }).then((answer) => answer.text()),
]).then((answers) => {
  found.fetched = answers.map((answer) => answer.status).join(" ");
  form.submit();
  window.found = found;
});
</script></body></html>"""
