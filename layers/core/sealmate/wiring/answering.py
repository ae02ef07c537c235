"""Asking and answering: what a WebSocket, the state machine's stages and the routes of chats are served by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sealmate.settings import settings
from sealmate.wiring.made import once
from sealmate.wiring.platform import clock, data_seal, executions, keys, models, random
from sealmate.wiring.rows import chats, connections, history_cache, turns, wallets
from sealmate.wiring.settling import audience, end
from sealmate.wiring.signed_in import tickets

if TYPE_CHECKING:
    from sealmate.turns.answer import Respond
    from sealmate.turns.changing import Changing
    from sealmate.turns.connect import Connect
    from sealmate.turns.importing import Importing
    from sealmate.turns.post_process import PostProcess
    from sealmate.turns.pre_process import PreProcess
    from sealmate.turns.resume import Resume, Stop
    from sealmate.turns.start import Execute, Start


@once
def changing() -> Changing:
    from sealmate.turns.changing import Changing

    return Changing(turns=turns(), chats=chats(), cache=history_cache(), clock=clock(), audience=audience)


@once
def importing() -> Importing:
    from sealmate.turns.importing import Importing

    return Importing(turns=turns(), chats=chats(), clock=clock(), audience=audience)


@once
def execute() -> Execute:
    from sealmate.turns.start import Execute

    return Execute(executions=executions())


@once
def connect() -> Connect:
    from sealmate.turns.connect import Connect

    return Connect(tickets=tickets(), connections=connections(), clock=clock(), origins=settings().origins)


@once
def start() -> Start:
    from sealmate.turns.start import Start

    return Start(
        turns=turns(),
        wallets=wallets(),
        cache=history_cache(),
        data_seal=data_seal(),
        keys=keys(),
        random=random(),
        clock=clock(),
        execute=execute(),
    )


@once
def stop() -> Stop:
    from sealmate.turns.resume import Stop

    return Stop(turns=turns())


@once
def resume() -> Resume:
    from sealmate.turns.resume import Resume

    return Resume(
        turns=turns(),
        chats=chats(),
        connections=connections(),
        wallets=wallets(),
        keys=keys(),
        random=random(),
        clock=clock(),
        end=end(),
        execute=execute(),
    )


@once
def pre_process() -> PreProcess:
    from sealmate.turns.pre_process import PreProcess

    return PreProcess(
        turns=turns(),
        chats=chats(),
        models=models(),
        keys=keys(),
        random=random(),
        clock=clock(),
        model_set=settings().model_set,
    )


@once
def respond() -> Respond:
    from sealmate.turns.answer import Respond

    return Respond(
        turns=turns(),
        cache=history_cache(),
        models=models(),
        data_seal=data_seal(),
        keys=keys(),
        random=random(),
        clock=clock(),
        model_set=settings().model_set,
    )


@once
def post_process() -> PostProcess:
    from sealmate.turns.post_process import PostProcess

    return PostProcess(
        turns=turns(),
        chats=chats(),
        cache=history_cache(),
        models=models(),
        keys=keys(),
        random=random(),
        clock=clock(),
        model_set=settings().model_set,
    )
