using Tarn.Native;

namespace Tarn.Lake;

/// <summary>Appends files and removals to the table of <see cref="CheckpointRows"/>.</summary>
internal sealed class CheckpointRow(DuckDbAppender appender)
{
    private readonly ValueMapJson _maps = new();
    private int _row;
    private int _column;

    public void Add(AddFile add)
    {
        Flag(true);
        Text(LogPath.Encode(add.Path));
        Bytes(_maps.Of(add.PartitionValues));
        Number(add.Size);
        Number(add.ModificationTime);
        Bytes(add.StatsUtf8.Span);
        Bytes(_maps.Of(add.Tags));
        Vector(add.DeletionVector);
        Number(add.BaseRowId);
        Number(add.DefaultRowCommitVersion);
        Text(add.ClusteringProvider);
        Number(null);
        Flag(null);
        End();
    }

    public void Add(RemoveFile remove)
    {
        Flag(false);
        Text(LogPath.Encode(remove.Path));
        Bytes(_maps.Of(remove.PartitionValues));
        Number(remove.Size);
        Number(null);
        Text(null);
        Text(null);
        Vector(remove.DeletionVector);
        Number(remove.BaseRowId);
        Number(remove.DefaultRowCommitVersion);
        Text(null);
        Number(remove.DeletionTimestamp);
        Flag(remove.ExtendedFileMetadata);
        End();
    }

    public void Flush()
    {
        if (_row > 0)
        {
            appender.Append(_row);
        }

        appender.Flush();
    }

    private void Vector(DeletionVectorDescriptor? vector)
    {
        Text(vector?.StorageType);
        Text(vector?.PathOrInlineDv);
        Integer(vector?.Offset);
        Integer(vector?.SizeInBytes);
        Number(vector?.Cardinality);
        Number(vector?.MaxRowIndex);
    }

    private void Text(string? value)
    {
        var column = appender.Column(_column++);
        if (value is null)
        {
            column.SetNull(_row);
        }
        else
        {
            column.SetString(_row, value);
        }
    }

    /// <summary>Empty is null.</summary>
    private void Bytes(ReadOnlySpan<byte> value)
    {
        var column = appender.Column(_column++);
        if (value.IsEmpty)
        {
            column.SetNull(_row);
        }
        else
        {
            column.SetBytes(_row, value);
        }
    }

    private void Number(long? value)
    {
        var column = appender.Column(_column++);
        if (value is { } number)
        {
            column.Values<long>()[_row] = number;
        }
        else
        {
            column.SetNull(_row);
        }
    }

    private void Integer(int? value)
    {
        var column = appender.Column(_column++);
        if (value is { } number)
        {
            column.Values<int>()[_row] = number;
        }
        else
        {
            column.SetNull(_row);
        }
    }

    private void Flag(bool? value)
    {
        var column = appender.Column(_column++);
        if (value is { } flag)
        {
            column.Values<byte>()[_row] = flag ? (byte)1 : (byte)0;
        }
        else
        {
            column.SetNull(_row);
        }
    }

    private void End()
    {
        _column = 0;
        if (++_row == DuckDbChunk.Capacity)
        {
            appender.Append(_row);
            _row = 0;
        }
    }
}
