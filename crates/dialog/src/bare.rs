//! No dialogue at all: TLS, and nothing of ours inside it (HTTPS).

use crate::LooksLike;
use crate::Mode;
use crate::Outcome;
use crate::course::Course;
use crate::frame::Framer;
use crate::frame::LineFramer;
use crate::frame::MAX_UNIT;
use crate::session::Due;
use crate::session::Fit;
use crate::session::Move;
use crate::session::Session;
use crate::session::Side;

/// A conversation that is over as soon as TLS is up.
#[derive(Debug)]
pub(crate) struct Bare {
    course: Course,
}

impl Bare {
    pub(crate) fn new(mode: Mode) -> Self {
        let mut course = Course::new(mode, LooksLike::Tls);
        course.facts_mut().after = crate::Reading::Unasked;
        Self { course }
    }
}

impl Session for Bare {
    fn framer(&self, _side: Side) -> Box<dyn Framer + Send> {
        Box::new(LineFramer::new(MAX_UNIT))
    }

    fn hear(&mut self, _side: Side, _unit: &[u8]) {}

    fn unheard(&mut self, _side: Side) {}

    fn fits(&self, _side: Side, _unit: &[u8]) -> Fit {
        Fit::Here
    }

    fn next(&self) -> Move {
        Move::End
    }

    fn due(&self) -> Due {
        Due::End
    }

    fn restart(&mut self) {
        self.course.cut(Outcome::Ok, b"");
    }

    fn course(&self) -> &Course {
        &self.course
    }

    fn course_mut(&mut self) -> &mut Course {
        &mut self.course
    }
}
