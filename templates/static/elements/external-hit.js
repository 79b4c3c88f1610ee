// What pages got from externalHIT_v1.js: the frame's parameters, and a form that knows where to post.

/* exported turkGetParam, turkSetAssignmentID */
function turkGetParam(name, otherwise = "") {
  return new URLSearchParams(location.search).get(name) ?? otherwise;
}

function turkSetAssignmentID(given) {
  const assignment = given || turkGetParam("assignmentId");
  const field = document.getElementById("assignmentId");
  const button = document.getElementById("submitButton");
  const form = document.getElementById("mturk_form");
  const host = turkGetParam("turkSubmitTo");
  if (field) field.value = assignment;
  if (form && host) form.action = `${host.replace(/\/+$/, "")}/mturk/externalSubmit`;
  if (button && assignment === "ASSIGNMENT_ID_NOT_AVAILABLE") {
    button.disabled = true;
    button.value = "You must ACCEPT the HIT before you can submit the results.";
  }
}
