"""Proximal policy optimisation on masked actions (sb3-contrib), the default algorithm."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from sb3_contrib import MaskablePPO
from sb3_contrib.common.maskable.buffers import MaskableRolloutBuffer

from .actor_critic import ActorCritic
from .ppo import clipping


class MaskablePPOAlgorithm(ActorCritic):
    """PPO that knows which actions are legal (Schulman et al. 2017; Huang and Ontañón 2022)."""

    model_class = MaskablePPO
    buffer_class = MaskableRolloutBuffer

    def _arguments(self) -> dict[str, Any]:
        return {**super()._arguments(), **clipping(self._settings)}

    def _evaluated(
        self, inputs: np.ndarray, actions: np.ndarray, masks: np.ndarray
    ) -> tuple[torch.Tensor, torch.Tensor]:
        values, log_probs, _ = self._model.policy.evaluate_actions(
            torch.as_tensor(inputs), torch.as_tensor(actions), action_masks=masks
        )
        return values, log_probs

    def _fill_masks(self, buffer: MaskableRolloutBuffer, masks: np.ndarray) -> None:
        buffer.action_masks[:, 0] = masks
