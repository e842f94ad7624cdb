using Microsoft.Win32.SafeHandles;

namespace Tarn.Native;

// DuckDB's objects hold counted references to what they need, so the order in which they are released does not matter to it.
internal sealed class DuckDbDatabaseHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle()
    {
        DuckDbApi.Close(ref handle);
        return true;
    }
}

internal sealed class DuckDbConnectionHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle()
    {
        DuckDbApi.Disconnect(ref handle);
        return true;
    }
}

internal sealed class DuckDbStatementHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle()
    {
        DuckDbApi.DestroyPrepare(ref handle);
        return true;
    }
}

internal sealed class DuckDbAppenderHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle()
    {
        // Rows that were not flushed by their owner are not wanted: destroying would flush them.
        _ = DuckDbApi.ClearAppender(handle);
        return DuckDbApi.DestroyAppender(ref handle) == 0;
    }
}

internal sealed class DuckDbChunkHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    public DuckDbChunkHandle()
        : base(ownsHandle: true) { }

    internal DuckDbChunkHandle(nint chunk)
        : base(ownsHandle: true) => SetHandle(chunk);

    protected override bool ReleaseHandle()
    {
        DuckDbApi.DestroyChunk(ref handle);
        return true;
    }
}
