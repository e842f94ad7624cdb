using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;

namespace Tarn;

/// <summary>
/// The memory that connections receive into and answer from. A call of the system receives one block at most: with the framework's own blocks of 4 KB a tensor of 600 KB takes 150 calls, and these cost
/// a sixth of the time of a network as small as MobileNetV2. So blocks are large while large bodies come, and for a second after: the next one is received before anybody can know of it. Otherwise they
/// are small: a connection that waits holds one, and small requests that walk through large blocks lose a seventh of their number to the processor's caches.
/// </summary>
/// <param name="mostLarge">Bytes of large blocks at most, over all pools.</param>
/// <param name="time">The clock.</param>
internal sealed class ConnectionMemory(long mostLarge, TimeProvider time) : IMemoryPoolFactory<byte>
{
    /// <summary>Bytes of a large block.</summary>
    public const int Large = 64 << 10;

    /// <summary>Bytes of a small block: the framework's own size.</summary>
    public const int Small = 4 << 10;

    // Bytes of either size that a pool keeps for those who come: what is in use is what costs memory, not what was once. While large bodies come these are as many as some connections receive ahead,
    // a megabyte each, so that no block is made anew for each body; later each small block that is asked for lets one of them go.
    private const int Kept = 1 << 20;
    private const int KeptWhileLarge = 4 << 20;

    private static readonly TimeSpan After = TimeSpan.FromSeconds(1);

    private readonly long _after = (long)(After.TotalSeconds * time.TimestampFrequency);
    private long _left = mostLarge;
    private long _largeUntil = long.MinValue;

    /// <summary>Bytes of large blocks that there may still be.</summary>
    public long Left => Volatile.Read(ref _left);

    /// <inheritdoc/>
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new Pool(this);

    /// <summary>Whether blocks are large, as far as the budget goes.</summary>
    private bool IsLarge => time.GetTimestamp() < Volatile.Read(ref _largeUntil);

    /// <summary>Takes note of a request whose body is larger than a large block, or of a length that is not told.</summary>
    public Task InvokeAsync(HttpContext http, RequestDelegate next)
    {
        if (http.Request.ContentLength > Large || (http.Request.ContentLength is null && http.Request.Headers.TransferEncoding.Count > 0))
        {
            ExpectLarge();
        }

        return next(http);
    }

    /// <summary>Lends large blocks from now on, for a second.</summary>
    public void ExpectLarge() => Volatile.Write(ref _largeUntil, time.GetTimestamp() + _after);

    private bool TryTake()
    {
        if (Interlocked.Add(ref _left, -Large) >= 0)
        {
            return true;
        }

        GiveBack();
        return false;
    }

    private void GiveBack() => Interlocked.Add(ref _left, Large);

    private sealed class Pool(ConnectionMemory budget) : MemoryPool<byte>
    {
        private readonly Lock _gate = new();
        private readonly Stack<Block> _large = new();
        private readonly Stack<Block> _small = new();
        private bool _isClosed;

        /// <summary>What is always given at least: which of the two sizes it will be is not known before.</summary>
        public override int MaxBufferSize => Small;

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, Small);
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_isClosed, this);
                var isLarge = budget.IsLarge;
                if (isLarge && _large.TryPop(out var block))
                {
                    return block.Lend();
                }

                if (!isLarge && _large.Count * Large > Kept)
                {
                    Forget(_large.Pop());
                }

                if (!isLarge || !budget.TryTake())
                {
                    return (_small.TryPop(out block) ? block : new Block(this, Small)).Lend();
                }
            }

            return new Block(this, Large).Lend();
        }

        public void Return(Block block)
        {
            lock (_gate)
            {
                if (!block.TakeBack())
                {
                    return;
                }

                var free = block.Length == Large ? _large : _small;
                if (!_isClosed && (free.Count + 1) * block.Length <= (block.Length == Large && budget.IsLarge ? KeptWhileLarge : Kept))
                {
                    free.Push(block);
                    return;
                }
            }

            Forget(block);
        }

        protected override void Dispose(bool disposing)
        {
            lock (_gate)
            {
                _isClosed = true;
                foreach (var block in _large)
                {
                    Forget(block);
                }

                _large.Clear();
                _small.Clear();
            }
        }

        private void Forget(Block block)
        {
            if (block.Length == Large)
            {
                budget.GiveBack();
            }
        }
    }

    /// <summary>Bytes that the collector never moves, so that the system may write into them at any time.</summary>
    private sealed class Block(Pool pool, int length) : IMemoryOwner<byte>
    {
        private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(length, pinned: true);
        private bool _isLent;

        public int Length => _bytes.Length;

        public Memory<byte> Memory => MemoryMarshal.CreateFromPinnedArray(_bytes, 0, _bytes.Length);

        public Block Lend()
        {
            _isLent = true;
            return this;
        }

        /// <summary>False where it had come back before.</summary>
        public bool TakeBack()
        {
            var was = _isLent;
            _isLent = false;
            return was;
        }

        public void Dispose() => pool.Return(this);
    }
}
