//! What all cases of a run share, and is asked for once.

use tokio::sync::Mutex;

use crate::halt::Halt;
use crate::session::Asked;

/// How often something is asked for whose answer gets lost.
const ATTEMPTS: u32 = 3;

/// Something that all cases of a run share: it is made once, and once more where that could not be decided for a lost
/// answer, which `make` says beside it.
pub(crate) async fn once<T: Clone, F: Future<Output = (Result<T, Halt>, bool)>>(
    kept: &Mutex<Asked<T>>,
    make: impl Fn() -> F,
) -> Result<T, Halt> {
    let mut kept = kept.lock().await;
    if let Some(known) = &*kept {
        return known.clone();
    }
    let mut attempt = 1;
    loop {
        let (made, has_lost_an_answer) = make().await;
        let is_lost = has_lost_an_answer && matches!(made, Err(Halt::Inconclusive(_)));
        if !is_lost {
            *kept = Some(made.clone());
        }
        if !is_lost || attempt == ATTEMPTS {
            return made;
        }
        attempt += 1;
    }
}
