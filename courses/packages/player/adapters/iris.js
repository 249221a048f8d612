// The ids by which other systems know the parts of a course: the same in Crossdesk and in its packages.

/** The course's own IRI; a module's package says its module's. */
export function courseIri({ iri, slug }) {
  const end = iri.lastIndexOf(`/courses/${slug}`) + `/courses/${slug}`.length;
  return iri.slice(0, end);
}

export function itemIri(course, id) {
  return `${courseIri(course)}/items/${id}`;
}

export function skillIri(course, skill) {
  return `${courseIri(course)}/skills/${skill}`;
}
