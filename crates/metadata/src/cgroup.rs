//! What a cgroup path tells: the systemd unit and the container that a process runs in.

/// Hexadecimal digits of a container id, as containerd, CRI-O, Docker and Podman use it.
const CONTAINER_ID_DIGITS: usize = 64;

/// Returns the innermost systemd service, or else the innermost scope, that a path names.
///
/// `/user.slice/user-1000.slice/user@1000.service/app.slice/sync.service` gives `sync.service`.
/// The scope of a container runtime names the container and is no unit of its own.
#[must_use]
pub fn unit_of(path: &str) -> Option<String> {
    let innermost = |suffix: &str| {
        let fits = |part: &&str| part.ends_with(suffix) && container_id_in(part).is_none();
        path.rsplit('/').find(fits).map(unescape)
    };
    innermost(".service").or_else(|| innermost(".scope"))
}

/// Returns the container id that a path holds, whatever the runtime puts around it.
///
/// `/kubepods/burstable/podUID/ID`, `docker-ID.scope`, `cri-containerd-ID.scope` are known forms.
#[must_use]
pub fn container_id_of(path: &str) -> Option<String> {
    path.rsplit('/')
        .find_map(container_id_in)
        .map(str::to_owned)
}

/// Returns the id of the pod that a path names, as the kubelet makes it.
///
/// `/kubepods/burstable/podUID/ID` and `/kubepods.slice/kubepods-podU_I_D.slice/…` are known forms.
#[must_use]
pub fn pod_uid_of(path: &str) -> Option<String> {
    if !path.contains("kubepods") {
        return None;
    }
    path.rsplit('/').find_map(|part| {
        let name = part.split(".slice").next()?;
        let uid = match name.strip_prefix("pod") {
            Some(uid) => uid.to_owned(),
            None => name.rsplit_once("-pod")?.1.replace('_', "-"),
        };
        (!uid.is_empty()).then_some(uid)
    })
}

fn container_id_in(part: &str) -> Option<&str> {
    let name = part.strip_suffix(".scope").unwrap_or(part);
    let id = name.rsplit(['-', ':']).next()?;
    let is_id = id.len() == CONTAINER_ID_DIGITS && id.bytes().all(|b| b.is_ascii_hexdigit());
    is_id.then_some(id)
}

/// Undoes systemd's escapes of unit names in paths (systemd.unit(5)): `\x2d` is `-`.
fn unescape(part: &str) -> String {
    part.replace("\\x2d", "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    #[test]
    fn the_innermost_service_is_the_unit() {
        let path = "/user.slice/user-1000.slice/user@1000.service/app.slice/sync.service";
        assert_eq!(unit_of(path).as_deref(), Some("sync.service"));
        assert_eq!(
            unit_of("/system.slice/nginx.service").as_deref(),
            Some("nginx.service")
        );
        let scope = "/user.slice/user-1000.slice/session-3.scope";
        assert_eq!(unit_of(scope).as_deref(), Some("session-3.scope"));
        assert_eq!(unit_of("/a\\x2db.service").as_deref(), Some("a-b.service"));
        assert_eq!(unit_of("/"), None);
    }

    #[test]
    fn container_ids_are_found_in_every_common_form() {
        for path in [
            format!("/kubepods/burstable/pod1234/{ID}"),
            format!("/system.slice/docker-{ID}.scope"),
            format!("/kubepods.slice/kubepods-podx.slice/cri-containerd-{ID}.scope"),
            format!("/machine.slice/libpod-{ID}.scope/container"),
            format!("/k8s.io/kubepods-podx.slice:cri-containerd:{ID}"),
        ] {
            assert_eq!(container_id_of(&path).as_deref(), Some(ID), "{path}");
            assert_eq!(unit_of(&path), None, "{path}");
        }
        assert_eq!(container_id_of("/system.slice/nginx.service"), None);
    }

    #[test]
    fn pod_ids_are_found_in_both_forms() {
        let uid = "01234567-89ab-cdef-0123-456789abcdef";
        let escaped = uid.replace('-', "_");
        for path in [
            format!("/kubepods/burstable/pod{uid}/{ID}"),
            format!("/kubepods/pod{uid}"),
            format!(
                "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{escaped}.slice/cri-containerd-{ID}.scope"
            ),
            format!("/k8s.io/kubepods-burstable-pod{escaped}.slice:cri-containerd:{ID}"),
        ] {
            assert_eq!(pod_uid_of(&path).as_deref(), Some(uid), "{path}");
        }
        for path in [
            "/system.slice/podman.service",
            "/kubepods.slice",
            "/kubepods/burstable",
        ] {
            assert_eq!(pod_uid_of(path), None, "{path}");
        }
    }
}
