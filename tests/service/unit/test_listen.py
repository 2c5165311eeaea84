"""Sockets: bound, given mode and owner, published, and taken away again."""

import os
import socket
import stat
from contextlib import ExitStack
from pathlib import Path

import pytest

from service.configuration.settings import Settings, SettingsError
from service.http.listen import UnixListener, listeners


def answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(path))
        except OSError:
            return False
        return True


def refused(path: Path, owner: str = "") -> str:
    with pytest.raises(SettingsError) as caught:
        UnixListener(path, 0o600, owner)
    line = str(caught.value)
    assert line.startswith(f"cannot listen on {path} (")
    return line.removeprefix(f"cannot listen on {path} ")


def left_behind(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir() if each.suffix != ".lock")


def test_a_socket_takes_its_name_when_it_is_published_and_leaves_nothing_behind(tmp_path):
    path = tmp_path / "gate.sock"
    with UnixListener(path, 0o640, "") as listener:
        assert not path.exists()
        listener.socket.listen()
        listener.publish()
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        assert answers(path)
        assert left_behind(tmp_path) == ["gate.sock"]
    assert left_behind(tmp_path) == []


def test_a_socket_that_is_never_published_leaves_nothing_behind(tmp_path):
    with UnixListener(tmp_path / "gate.sock", 0o600, ""):
        pass
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize("written", ["{uid}", "{uid}:{gid}", ":{gid}"])
def test_an_owner_is_named_by_number(tmp_path, written):
    path = tmp_path / "gate.sock"
    with UnixListener(path, 0o600, written.format(uid=os.getuid(), gid=os.getgid())) as listener:
        listener.publish()
        assert (path.stat().st_uid, path.stat().st_gid) == (os.getuid(), os.getgid())


@pytest.mark.parametrize("name", ["gate.sock", "gate.sock.new"])
def test_what_a_killed_process_left_is_removed_before_the_service_is_ready(tmp_path, name):
    path = tmp_path / "gate.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / name))
        left.listen()
    with UnixListener(path, 0o600, "") as listener:
        assert not path.exists()
        listener.socket.listen()
        listener.publish()
        assert answers(path)


def test_two_of_us_do_not_take_one_name_even_while_neither_is_ready(tmp_path):
    path = tmp_path / "gate.sock"
    with UnixListener(path, 0o600, "") as first:
        assert refused(path) == "(TIDEGATE_UDS): another process listens there"
        first.socket.listen()
        first.publish()
        assert refused(path) == "(TIDEGATE_UDS): another process listens there"
        assert answers(path)
    with UnixListener(path, 0o600, ""):
        pass


@pytest.mark.parametrize("waiting", [0, 1])
def test_the_socket_of_another_program_is_left_alone_even_when_its_queue_is_full(tmp_path, waiting):
    path = tmp_path / "gate.sock"
    with ExitStack() as opened:
        other = opened.enter_context(socket.socket(socket.AF_UNIX))
        other.bind(str(path))
        other.listen(0)
        for _ in range(waiting):
            opened.enter_context(socket.socket(socket.AF_UNIX)).connect(str(path))
        assert refused(path) == "(TIDEGATE_UDS): another process listens there"
        assert path.is_socket()


def test_a_name_that_another_process_has_taken_since_is_left_to_it(tmp_path):
    path = tmp_path / "gate.sock"
    with UnixListener(path, 0o600, "") as first:
        first.publish()
        path.unlink()
        path.write_text("another")
    assert path.read_text() == "another"


def test_what_is_withdrawn_takes_nobody_new_in(tmp_path):
    path = tmp_path / "gate.sock"
    with UnixListener(path, 0o600, "") as first:
        first.socket.listen()
        first.publish()
        first.withdraw()
        assert not answers(path)
        path.write_text("another")
    assert path.read_text() == "another"


def test_paths_and_owners_that_cannot_be_used(tmp_path):
    file, path = tmp_path / "file", tmp_path / "gate.sock"
    file.write_text("kept")
    assert refused(file) == "(TIDEGATE_UDS): file is there, and is no socket"
    assert file.read_text() == "kept"
    assert refused(tmp_path / "none" / "gate.sock") == "(TIDEGATE_UDS): No such file or directory"
    assert refused(tmp_path / ("x" * 110)) == "(TIDEGATE_UDS): AF_UNIX path too long"
    assert refused(path, "no-such-user") == "(TIDEGATE_UDS_OWNER): there is no such owner"
    assert refused(path, ":no-such-group") == "(TIDEGATE_UDS_OWNER): there is no such owner"
    assert left_behind(tmp_path) == ["file"]


def test_a_folder_that_goes_before_the_service_is_ready_is_said(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    path = folder / "gate.sock"
    with UnixListener(path, 0o600, "") as listener:
        folder.rename(tmp_path / "gone")
        with pytest.raises(SettingsError) as caught:
            listener.publish()
    assert str(caught.value) == f"cannot listen on {path} (TIDEGATE_UDS): No such file or directory"


def test_an_address_that_no_host_can_have_is_said():
    host = "ü" * 70
    with pytest.raises(SettingsError) as caught, listeners(Settings(host=host, port=0)):
        raise AssertionError
    line = f"cannot listen on {host}:0 (TIDEGATE_HOST, TIDEGATE_PORT): no host has such a name"
    assert str(caught.value) == line


def test_an_address_a_socket_or_both(tmp_path):
    path = str(tmp_path / "gate.sock")
    with listeners(Settings(port=0)) as found:
        assert [each.socket.family for each in found] == [socket.AF_INET]
    with listeners(Settings(port=0, uds=path)) as found:
        assert [each.socket.family for each in found] == [socket.AF_INET, socket.AF_UNIX]
    with listeners(Settings(tcp=False, uds=path)) as found:
        assert [each.place for each in found] == [path]
