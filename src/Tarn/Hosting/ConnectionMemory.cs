using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;

namespace Tarn;

/// <summary>
/// The memory that connections receive into and answer from. A call of the system receives one block at most: with the framework's own blocks of 4 KB a tensor of 600 KB takes 150 calls, and these cost
/// a sixth of the time of a network as small as MobileNetV2. A connection that waits holds a block, so that large ones are for as many connections as the budget has room for; those beyond get small ones.
/// </summary>
/// <param name="mostLarge">Bytes of large blocks at most, over all pools.</param>
internal sealed class ConnectionMemory(long mostLarge) : IMemoryPoolFactory<byte>
{
    /// <summary>Bytes of a large block.</summary>
    public const int Large = 64 << 10;

    /// <summary>Bytes of a small block: the framework's own size.</summary>
    public const int Small = 4 << 10;

    // Bytes of either size that a pool keeps for those who come: what is in use is what costs memory, not what was once.
    private const int Kept = 1 << 20;

    private long _left = mostLarge;

    /// <summary>Bytes of large blocks that there may still be.</summary>
    public long Left => Volatile.Read(ref _left);

    /// <inheritdoc/>
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new Pool(this);

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
                if (_large.TryPop(out var block))
                {
                    return block.Lend();
                }

                if (!budget.TryTake())
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
                if (!_isClosed && (free.Count + 1) * block.Length <= Kept)
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
