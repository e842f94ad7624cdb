using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace Tarn.Native;

/// <summary>
/// An object of ONNX Runtime's, released by the function in the given place of its table, and with it the memory that it stood on.
/// Use it through <see cref="Borrow"/>, which keeps it alive against a disposal on another thread.
/// </summary>
internal sealed unsafe class OnnxHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    private readonly int _release;
    private MemoryHandle _memory;
    private List<OnnxHandle>? _kept;

    internal OnnxHandle(nint pointer, int release, MemoryHandle memory = default)
        : base(ownsHandle: true)
    {
        _release = release;
        _memory = memory;
        SetHandle(pointer);
    }

    internal Borrowed Borrow() => new(this);

    /// <summary>The object, alive until <see cref="System.Runtime.InteropServices.SafeHandle.DangerousRelease"/>.</summary>
    internal nint Hold()
    {
        var held = false;
        DangerousAddRef(ref held);
        return handle;
    }

    /// <summary>Keeps another object alive as long as this one, or until it is dropped, whoever disposes it meanwhile.</summary>
    internal void Keep(OnnxHandle other)
    {
        _ = other.Hold();
        (_kept ??= []).Add(other);
    }

    /// <summary>Keeps the other object no longer.</summary>
    internal void Drop(OnnxHandle? other)
    {
        if (other is not null && _kept?.Remove(other) == true)
        {
            other.DangerousRelease();
        }
    }

    protected override bool ReleaseHandle()
    {
        ((delegate* unmanaged<nint, void>)OnnxLibrary.Table[_release])(handle);
        _memory.Dispose();
        foreach (var kept in _kept ?? [])
        {
            kept.DangerousRelease();
        }

        return true;
    }

    /// <summary>The object, alive until this is disposed.</summary>
    internal readonly ref struct Borrowed
    {
        private readonly OnnxHandle _owner;

        internal Borrowed(OnnxHandle owner)
        {
            var held = false;
            owner.DangerousAddRef(ref held);
            _owner = owner;
        }

        internal nint Pointer => _owner.handle;

        public void Dispose() => _owner.DangerousRelease();
    }
}
