//! Diagnostics as people see them: rustc's look, by `annotate-snippets`.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::{Diagnostic, Severity};

/// With colour or without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// For a terminal.
    Coloured,
    /// For a pipe, a file, or NO_COLOR.
    Plain,
}

/// A diagnostic with its carets. Ends without a newline.
pub fn render(diagnostic: &Diagnostic, style: Style) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let title = level.primary_title(&diagnostic.message).id(diagnostic.code);
    let mut group = Group::with_title(title);
    if let Some(place) = &diagnostic.place {
        let text = &place.source.text;
        let start = text.floor_char_boundary(place.span.start.min(text.len()));
        let end = text
            .floor_char_boundary(place.span.end.min(text.len()))
            .max(start);
        let annotation = AnnotationKind::Primary
            .span(start..end)
            .label(&diagnostic.label);
        group = group.element(
            Snippet::source(text)
                .path(&place.source.name)
                .line_start(place.source.first_line)
                .annotation(annotation),
        );
    }
    for (kind, text) in &diagnostic.notes {
        group = group.element(Level::NOTE.with_name(*kind).message(text));
    }
    renderer(style).render(&[group])
}

fn renderer(style: Style) -> Renderer {
    match style {
        Style::Coloured => Renderer::styled(),
        Style::Plain => Renderer::plain(),
    }
}
