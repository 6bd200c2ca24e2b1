//! The folders of a swap: how the new one is made, takes the live one's place, and what becomes of the old one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use metastore::{Partition, location};

use super::folder::{Listing, link, sync_tree};
use super::{SwapMode, Swapper};
use crate::disk::{self, failed};
use crate::error::{Error, Result};
use crate::names::STAGED_SUFFIX;

/// The folders of one swap.
pub(super) struct Places {
    pub(super) live: PathBuf,
    pub(super) next: PathBuf,
    /// Where folders cannot be exchanged: a twin of `next`, complete as soon as it is there.
    pub(super) twin: PathBuf,
    /// Likewise: the old folder.
    pub(super) gone: PathBuf,
}

impl Swapper {
    pub(super) fn make_next(
        &self,
        path: &str,
        places: &Places,
        built: &BTreeMap<String, u64>,
        kept: &[String],
    ) -> Result<()> {
        self.retire(&places.next)?;
        self.step("make the folder")?;
        disk::create_folder(&places.next)?;
        let from = self.build.partition(path);
        for name in built.keys() {
            self.step("link what was built")?;
            link(&from, &format!("{name}{STAGED_SUFFIX}"), &places.next, name)?;
        }
        for name in kept {
            self.step("link what stays")?;
            link(&places.live, name, &places.next, name)?;
        }
        if let Ok(found) = fs::metadata(&places.live) {
            fs::set_permissions(&places.next, found.permissions())
                .map_err(|e| failed("cannot set the folder's permissions", &places.next, e))?;
        }
        sync_tree(&places.next)
    }

    /// The one step that readers see.
    pub(super) fn put_in_place(
        &self,
        places: &Places,
        exists: bool,
        stored: Option<&Partition>,
    ) -> Result<()> {
        if exists {
            self.step("exchange")?;
            match self.exchange(&places.next, &places.live) {
                Err(e) if e.kind() == ErrorKind::Unsupported => self.detour(places, stored)?,
                done => {
                    done.map_err(|e| failed("cannot exchange the folders", &places.live, e))?;
                }
            }
        } else {
            if let Some(above) = places.live.parent() {
                disk::create_folder(above)?;
            }
            self.step("rename")?;
            rename(&places.next, &places.live)?;
        }
        self.step("sync")?;
        for folder in [&places.live, &places.next] {
            if let Some(above) = folder.parent() {
                disk::sync(above)?;
            }
        }
        Ok(())
    }

    /// Replaces the live folder where folders cannot be exchanged.
    fn detour(&self, places: &Places, stored: Option<&Partition>) -> Result<()> {
        self.retire(&places.twin)?;
        self.retire(&places.gone)?;
        let half = places.twin.with_extension("half");
        self.retire(&half)?;
        disk::create_folder(&half)?;
        for name in Listing::of(&places.next)?.unwrap_or_default().files.keys() {
            self.step("link the twin")?;
            link(&places.next, name, &half, name)?;
        }
        sync_tree(&half)?;
        rename(&half, &places.twin)?;
        if let Some(partition) = stored {
            self.step("point to the new folder")?;
            self.point(partition, &places.next)?;
        }
        if let Some(above) = places.gone.parent() {
            disk::create_folder(above)?;
        }
        self.step("rename the live folder")?;
        rename(&places.live, &places.gone)?;
        self.step("rename the twin")?;
        rename(&places.twin, &places.live)
    }

    /// Goes on where a detour was ended between its two renames.
    pub(super) fn finish_detour(&self, places: &Places) -> Result<()> {
        if places.live.exists() || !places.gone.exists() || !places.twin.exists() {
            return Ok(());
        }
        self.step("rename the twin")?;
        rename(&places.twin, &places.live)
    }

    fn point(&self, partition: &Partition, to: &Path) -> Result<()> {
        let mut moved = partition.clone();
        moved.sd.location = Some(uri(to)?);
        self.parts.catalog.alter_partitions(&self.parts.name, &[moved])?;
        Ok(())
    }

    /// Points the catalog to the live folder again, if it was pointed to the new one on the way.
    pub(super) fn point_back(&self, stored: Option<&Partition>, places: &Places) -> Result<()> {
        let next = uri(&places.next)?;
        match stored {
            Some(partition) if partition.sd.location.as_ref() == Some(&next) => {
                self.step("point back")?;
                self.point(partition, &places.live)
            }
            _ => Ok(()),
        }
    }

    /// Moves over what others have put into the old folder while it was replaced, and puts that aside.
    pub(super) fn bring(&self, path: &str, places: &Places) -> Result<()> {
        let nothing = BTreeSet::new();
        let known = self.parts.snapshot.get(path).unwrap_or(&nothing);
        let kept: BTreeSet<&String> =
            self.parts.journal.get(path).iter().flat_map(|swap| &swap.kept).collect();
        for old in [&places.next, &places.gone] {
            let Some(listed) = Listing::of(old)? else { continue };
            let stays =
                |name: &str| self.parts.mode != SwapMode::Overwrite || !known.contains(name);
            let mut moved = false;
            for name in listed.files.keys() {
                let to = places.live.join(name);
                if stays(name) && !kept.contains(name) && !to.exists() {
                    self.step("move a file over")?;
                    if let Some(above) = to.parent() {
                        fs::create_dir_all(above).map_err(|e| disk::no_folder(above, e))?;
                    }
                    disk::rename_file(&old.join(name), &to)
                        .map_err(|e| failed("cannot move the file over", &to, e))?;
                    moved = true;
                }
            }
            for name in &listed.hidden {
                let to = places.live.join(name);
                if stays(&format!("{name}/")) && !to.exists() {
                    rename(&old.join(name), &to)?;
                    moved = true;
                }
            }
            if moved {
                sync_tree(&places.live)?;
            }
            self.step("put the old folder aside")?;
            self.retire(old)?;
        }
        self.retire(&places.twin)
    }

    /// Puts a folder aside under a number, if it is there.
    fn retire(&self, folder: &Path) -> Result<()> {
        if !folder.exists() {
            return Ok(());
        }
        let aside = self.build.staging.join("old");
        disk::create_folder(&aside)?;
        let mut number = 1;
        while aside.join(number.to_string()).exists() {
            number += 1;
        }
        rename(folder, &aside.join(number.to_string()))
    }

    fn exchange(&self, a: &Path, b: &Path) -> std::io::Result<()> {
        if self.exchanges {
            disk::exchange_folders(a, b)
        } else {
            Err(ErrorKind::Unsupported.into())
        }
    }
}

/// Renames a folder to a name that is free.
pub(super) fn rename(from: &Path, to: &Path) -> Result<()> {
    disk::rename_folder(from, to).map_err(|e| match e.kind() {
        ErrorKind::AlreadyExists => {
            Error::conflict("somebody has created the folder meanwhile").with("path", to.display())
        }
        _ => failed("cannot rename the folder", to, e),
    })
}

pub(super) fn uri(path: &Path) -> Result<String> {
    Ok(location::from_path(path)?)
}
