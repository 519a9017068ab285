//! A set of descriptors that the kernel remembers: epoll(7) on Linux, kqueue(2) elsewhere.
//!
//! poll(2) gets the whole list with each call, which takes longer the more descriptors there are.
//! The set is itself a descriptor, which is readable while one of its members is ready. So the loop
//! can poll it beside others, and a set needs no wait of its own.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

/// What to wait for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Watch {
    /// Until a read would not block.
    pub read: bool,
    /// Until a write would not block.
    pub write: bool,
}

/// A descriptor of a set that is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// The number with which it was added.
    pub number: u16,
    /// A read would not block: there are bytes, the end of the stream, or an error.
    pub readable: bool,
    /// A write would not block: there is space, or an error.
    pub writable: bool,
}

/// The maximum number of members that one call returns. Others are returned by the next one.
const MEMBERS: usize = 1024;

pub use system::PollSet;

impl AsFd for PollSet {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd()
    }
}

#[cfg(target_os = "linux")]
mod system {
    use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};

    use super::{io, AsFd as _, BorrowedFd, Member, Watch, MEMBERS};

    /// A set of descriptors.
    #[derive(Debug)]
    pub struct PollSet {
        epoll: Epoll,
        events: Vec<EpollEvent>,
    }

    impl PollSet {
        /// An empty set.
        ///
        /// # Errors
        ///
        /// The error of `epoll_create1(2)`.
        pub fn new() -> io::Result<Self> {
            Ok(Self {
                epoll: Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?,
                events: vec![EpollEvent::empty(); MEMBERS],
            })
        }

        pub(super) fn fd(&self) -> BorrowedFd<'_> {
            self.epoll.0.as_fd()
        }

        /// Changes what is waited for on `fd` from `before` to `after`. A descriptor for which
        /// there is nothing is not a member.
        ///
        /// # Errors
        ///
        /// The error of `epoll_ctl(2)`.
        pub fn set(
            &self,
            fd: BorrowedFd<'_>,
            number: u16,
            before: Watch,
            after: Watch,
        ) -> io::Result<()> {
            let mut flags = EpollFlags::empty();
            flags.set(EpollFlags::EPOLLIN, after.read);
            flags.set(EpollFlags::EPOLLOUT, after.write);
            let mut event = EpollEvent::new(flags, u64::from(number));
            let none = Watch::default();
            match (before == none, after == none) {
                (true, true) => {}
                (true, false) => self.epoll.add(fd, event)?,
                (false, true) => self.epoll.delete(fd)?,
                (false, false) => self.epoll.modify(fd, &mut event)?,
            }
            Ok(())
        }

        /// The members that are ready now.
        ///
        /// # Errors
        ///
        /// The error of `epoll_wait(2)`.
        pub fn ready(&mut self) -> io::Result<impl Iterator<Item = Member> + '_> {
            let count = self.epoll.wait(&mut self.events, EpollTimeout::ZERO)?;
            Ok(self.events[..count].iter().map(|event| {
                let flags = event.events();
                let broken = EpollFlags::EPOLLERR | EpollFlags::EPOLLHUP;
                #[expect(clippy::cast_possible_truncation, reason = "it was a u16")]
                Member {
                    number: event.data() as u16,
                    readable: flags.intersects(EpollFlags::EPOLLIN | broken),
                    writable: flags.intersects(EpollFlags::EPOLLOUT | broken),
                }
            }))
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::os::fd::AsRawFd as _;

    use nix::libc::timespec;
    use nix::sys::event::{EvFlags, EventFilter, FilterFlag, KEvent, Kqueue};

    use super::{io, AsFd as _, BorrowedFd, Member, Watch, MEMBERS};

    const NOW: timespec = timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };

    /// A set of descriptors.
    #[derive(Debug)]
    pub struct PollSet {
        kqueue: Kqueue,
        events: Vec<KEvent>,
    }

    impl PollSet {
        /// An empty set.
        ///
        /// # Errors
        ///
        /// The error of kqueue(2).
        pub fn new() -> io::Result<Self> {
            let empty = event(0, 0, EventFilter::EVFILT_READ, EvFlags::empty());
            Ok(Self {
                kqueue: Kqueue::new()?,
                events: vec![empty; MEMBERS],
            })
        }

        pub(super) fn fd(&self) -> BorrowedFd<'_> {
            self.kqueue.as_fd()
        }

        /// Changes what is waited for on `fd` from `before` to `after`. A descriptor for which
        /// there is nothing is not a member.
        ///
        /// # Errors
        ///
        /// The error of kevent(2).
        pub fn set(
            &self,
            fd: BorrowedFd<'_>,
            number: u16,
            before: Watch,
            after: Watch,
        ) -> io::Result<()> {
            let (mut changes, mut count) = (
                [event(0, 0, EventFilter::EVFILT_READ, EvFlags::empty()); 2],
                0,
            );
            for (was, is, filter) in [
                (before.read, after.read, EventFilter::EVFILT_READ),
                (before.write, after.write, EventFilter::EVFILT_WRITE),
            ] {
                if was != is {
                    let flags = if is {
                        EvFlags::EV_ADD
                    } else {
                        EvFlags::EV_DELETE
                    };
                    changes[count] = event(fd.as_raw_fd(), number, filter, flags);
                    count += 1;
                }
            }
            self.kqueue.kevent(&changes[..count], &mut [], Some(NOW))?;
            Ok(())
        }

        /// The members that are ready now.
        ///
        /// # Errors
        ///
        /// The error of kevent(2).
        pub fn ready(&mut self) -> io::Result<impl Iterator<Item = Member> + '_> {
            let count = self.kqueue.kevent(&[], &mut self.events, Some(NOW))?;
            Ok(self.events[..count].iter().map(|event| Member {
                number: u16::try_from(event.udata()).unwrap_or_default(),
                readable: matches!(event.filter(), Ok(EventFilter::EVFILT_READ)),
                writable: matches!(event.filter(), Ok(EventFilter::EVFILT_WRITE)),
            }))
        }
    }

    fn event(fd: i32, number: u16, filter: EventFilter, flags: EvFlags) -> KEvent {
        let ident = usize::try_from(fd).unwrap_or_default();
        KEvent::new(
            ident,
            filter,
            flags,
            FilterFlag::empty(),
            0,
            isize::try_from(number).unwrap_or_default(),
        )
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::os::unix::net::UnixStream;

    use super::*;
    use crate::sys::readiness;

    const READ: Watch = Watch {
        read: true,
        write: false,
    };
    const BOTH: Watch = Watch {
        read: true,
        write: true,
    };

    fn ready(set: &mut PollSet) -> Vec<(u16, bool, bool)> {
        let members = set.ready().expect("it can be asked");
        members
            .map(|member| (member.number, member.readable, member.writable))
            .collect()
    }

    #[test]
    fn members_are_reported_while_they_are_ready() {
        let (mut near, mut far) = UnixStream::pair().expect("a pair");
        let mut set = PollSet::new().expect("a set");
        let none = Watch::default();
        set.set(near.as_fd(), 7, none, READ).expect("added");
        assert_eq!(ready(&mut set), []);
        assert!(!readiness::is_readable(set.as_fd()).expect("poll"));
        far.write_all(b"x").expect("sent");
        assert!(readiness::is_readable(set.as_fd()).expect("poll"));
        for _ in 0..2 {
            assert_eq!(ready(&mut set), [(7, true, false)], "as long as it is");
        }
        near.read_exact(&mut [0]).expect("received");
        assert_eq!(ready(&mut set), []);
        set.set(near.as_fd(), 7, READ, BOTH).expect("changed");
        assert_eq!(ready(&mut set), [(7, false, true)]);
        set.set(near.as_fd(), 7, BOTH, none).expect("removed");
        far.write_all(b"x").expect("sent");
        assert_eq!(ready(&mut set), []);
    }

    #[test]
    fn end_of_a_stream_is_readable() {
        let (near, far) = UnixStream::pair().expect("a pair");
        let mut set = PollSet::new().expect("a set");
        set.set(near.as_fd(), 65_535, Watch::default(), READ)
            .expect("added");
        drop(far);
        let ready = ready(&mut set);
        assert!(matches!(ready[..], [(65_535, true, _)]), "{ready:?}");
    }
}
