"""Both programs without windows and screens, over a real node and real sockets."""

import os
import signal
from pathlib import Path

import psutil

from common.protocol import session_events as events
from common.protocol.policies import SessionMode
from common.protocol.session_messages import (
    KeyPressed,
    KeyReleased,
    PictureUpdate,
    ScreenLayout,
    ScreenUnavailable,
)
from common.reasons import CodeEnd, EndReason, PairingProblem
from common.transport.connection_events import BrokerConnected, BrokerLost
from tests.sessions.programs import running_programs, with_wrong_secret
from tests.transport.running import run, until


def test_a_session_goes_from_the_code_to_goodbye(tmp_path: Path) -> None:
    async def story() -> None:
        async with running_programs(tmp_path) as programs:
            target = await programs.add_target()
            await programs.start_session(target)
            started = programs.story.all(events.SessionStarted)[0]
            assert (started.computer_name, started.user_name) == ("kitchen-pc", "ann")
            asked = target.story.all(events.AcceptanceAsked)[0]
            assert (asked.technician, asked.organisation) == ("Tess Example", "Example IT")
            assert asked.security_number == started.security_number

            programs.controller.send_input(KeyPressed(4, "a"))
            programs.controller.send_input(KeyReleased(4, "a"))
            screen = target.screens[0]
            await until(lambda: len(screen.injected) == 2, "two key messages")
            assert screen.injected == [KeyPressed(4, "a"), KeyReleased(4, "a")]

            programs.controller.end_session(EndReason.CONTROLLER_ENDED)
            ended = await target.story.next(events.SessionEnded)
            assert ended == events.SessionEnded(EndReason.CONTROLLER_ENDED, by_other_side=True)
            assert not screen.is_running
            assert screen.releases >= 1

    run(story())


def test_a_second_session_follows_the_first_on_the_same_connections(tmp_path: Path) -> None:
    async def story() -> None:
        async with running_programs(tmp_path) as programs:
            target = await programs.add_target()
            for number in range(2):
                await programs.start_session(target)
                target.runner.end_session(EndReason.TARGET_ENDED)
                ended = await programs.story.next(events.SessionEnded, number)
                assert ended == events.SessionEnded(EndReason.TARGET_ENDED, by_other_side=True)

    run(story())


def test_a_picture_that_breaks_the_rules_ends_the_session_and_not_the_program(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        async with running_programs(tmp_path) as programs:
            target = await programs.add_target()
            await programs.start_session(target)
            target.screens[0].post(ScreenLayout(640, 480))
            target.screens[0].post(PictureUpdate(0, True, b"no picture at all"))
            ended = await programs.story.next(events.SessionEnded)
            assert ended.reason is EndReason.PROTOCOL_VIOLATION
            assert len(programs.story.all(BrokerConnected)) == 1
            await programs.open_code()

    run(story())


def test_the_controller_hears_why_there_is_no_picture(tmp_path: Path) -> None:
    async def story() -> None:
        async with running_programs(tmp_path) as programs:
            target = await programs.add_target()
            await programs.start_session(target)
            target.screens[0].post(ScreenUnavailable("wayland"))
            received = await programs.story.next(events.ScreenReceived)
            assert received.message == ScreenUnavailable("wayland")

    run(story())


def test_a_refusal_is_told_and_captures_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        async with running_programs(tmp_path) as programs:
            target = await programs.add_target()
            target.runner.enter_code(await programs.open_code())
            await target.story.next(events.AcceptanceAsked)
            target.runner.answer(False)
            ended = await programs.story.next(events.SessionEnded)
            assert ended == events.SessionEnded(EndReason.REFUSED_BY_USER, by_other_side=True)
            assert not target.screens

    run(story())


def test_a_question_that_nobody_answers_is_a_refusal(tmp_path: Path) -> None:
    async def story() -> None:
        policies = "acceptance_grace_time = 1"
        async with running_programs(tmp_path, policies=policies) as programs:
            target = await programs.add_target()
            target.runner.enter_code(await programs.open_code())
            ended = await programs.story.next(events.SessionEnded)
            assert ended == events.SessionEnded(EndReason.NOT_ANSWERED, by_other_side=True)
            assert not target.screens

    run(story())


def test_three_wrong_secrets_kill_the_code_and_the_controller_hears_of_each(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        async with running_programs(tmp_path) as programs:
            target = await programs.add_target()
            code = await programs.open_code()
            wrong = with_wrong_secret(code)
            for _ in range(3):
                assert await target.fail_with(wrong) is PairingProblem.WRONG_SECRET
            died = await programs.story.next(events.CodeDied)
            assert died.end is CodeEnd.WRONG_THREE_TIMES
            tries = [event.wrong_tries for event in programs.story.all(events.WrongCodeTyped)]
            assert tries == [1, 2, 3]
            assert await target.fail_with(code) is PairingProblem.WRONG_THREE_TIMES

    run(story())


def test_each_dead_code_has_its_own_reason(tmp_path: Path) -> None:
    async def story() -> None:
        async with running_programs(tmp_path) as programs:
            target = await programs.add_target()
            replaced = await programs.open_code()
            programs.controller.request_new_code()
            current = (await programs.story.next(events.CodeChanged, 1)).code
            assert await target.fail_with(replaced) is PairingProblem.REPLACED

            programs.controller.end_session(EndReason.CANCELLED)
            await programs.story.next(events.SessionEnded)
            assert await target.fail_with(current) is PairingProblem.CANCELLED

            await programs.start_session(target)
            used = programs.story.all(events.CodeChanged)[-1].code
            other = await programs.add_target()
            assert await other.fail_with(used) is PairingProblem.USED

    run(story())


def test_a_code_that_nobody_has_leaves_the_controller_untouched(tmp_path: Path) -> None:
    async def story() -> None:
        async with running_programs(tmp_path) as programs:
            target = await programs.add_target()
            code = await programs.open_code()
            told = list(programs.story.told)
            other = f"{(int(code.routing) + 1) % 10000:04}"
            unknown = type(code)(other, code.secret)
            assert await target.fail_with(unknown) is PairingProblem.UNKNOWN
            assert programs.story.told == told

    run(story())


def test_closing_either_program_ends_the_session_with_its_reason(tmp_path: Path) -> None:
    async def story() -> None:
        async with running_programs(tmp_path) as programs:
            target = await programs.add_target()
            await programs.start_session(target)
            target.runner.quit()
            ended = await programs.story.next(events.SessionEnded)
            assert ended == events.SessionEnded(EndReason.TARGET_QUIT, by_other_side=True)

            other = await programs.add_target()
            sessions = len(programs.story.all(events.SessionStarted))
            other.runner.enter_code(await programs.open_code())
            await other.story.next(events.AcceptanceAsked)
            other.runner.answer(True)
            await programs.story.next(events.SessionStarted, sessions)
            programs.controller.quit()
            ended = await other.story.next(events.SessionEnded)
            assert ended == events.SessionEnded(EndReason.CONTROLLER_QUIT, by_other_side=True)

    run(story())


def test_a_monitor_session_injects_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        async with running_programs(tmp_path, SessionMode.MONITOR) as programs:
            target = await programs.add_target()
            await programs.start_session(target)
            assert programs.story.all(events.SessionStarted)[0].mode is SessionMode.MONITOR
            programs.controller.send_input(KeyPressed(4, "a"))
            programs.controller.end_session(EndReason.CONTROLLER_ENDED)
            await target.story.next(events.SessionEnded)
            assert target.screens[0].injected == []

    run(story())


def test_a_target_that_the_server_does_not_know_is_not_authenticated(tmp_path: Path) -> None:
    async def story() -> None:
        async with running_programs(tmp_path) as programs:
            code = await programs.open_code()
            stranger = await programs.add_target()
            stranger.runner.quit()
            server = programs.controller.server
            assert server is not None
            # The same computer with another device key that it takes for registered.
            stranger.known_servers.forget(server.fingerprint)
            stranger.known_servers.remember(server)
            stranger.known_servers.mark_registered(server.fingerprint)
            again = programs.restarted(stranger)
            await again.story.next(BrokerLost)
            assert await again.fail_with(code) is PairingProblem.NOT_AUTHENTICATED

    run(story())


def test_a_session_whose_node_is_killed_ends_in_words_on_both_sides(tmp_path: Path) -> None:
    async def story() -> None:
        async with running_programs(tmp_path) as programs:
            target = await programs.add_target()
            await programs.start_session(target)
            (node,) = psutil.Process().children()
            os.kill(node.pid, signal.SIGKILL)
            for program in (programs.story, target.story):
                ended = await program.next(events.SessionEnded)
                assert ended.reason is EndReason.CONNECTION_LOST
            assert not target.screens[0].is_running

    run(story())
