# Receptive fields are those of PyTorch's gradients.
/usr/bin/python3 -c 'import torch' 2>/dev/null || { echo "needs python3-torch" >&2; exit 77; }
/usr/bin/python3 "$(dirname "$HELPERS")/../golden/check_receptive_fields.py" 25
