using System.Globalization;
using System.Text;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>
/// Reads tables as MLflow sends them: <c>dataframe_split</c>, <c>dataframe_records</c>, or CSV. A column is the model's input of its name; where the model has one input of several
/// columns, they are its columns, in their order.
/// </summary>
internal ref struct DataFrameBody
{
    private readonly InferenceRequest _request;
    private readonly TensorBuilder[] _builders;
    private readonly bool _isMatrix;
    private int[] _inputs;
    private int _rows;

    private DataFrameBody(InferenceRequest request, TensorBuilder[] builders)
    {
        (_request, _builders) = (request, builders);
        _isMatrix = request.Model.Inputs is [{ Shape.Length: 2 }];
        _inputs = [];
        for (var i = 0; i < request.Model.Inputs.Length; i++)
        {
            builders[i].Begin(request.Model.Inputs[i]);
        }
    }

    /// <summary>Reads <c>{"columns": […], "data": [[…]]}</c>; <c>index</c> is left aside.</summary>
    public static void ReadSplit(ref JsonScanner json, InferenceRequest request)
    {
        var (columns, data) = (-1, -1);
        json.Expect((byte)'{', "dataframe_split");
        if (!json.Take((byte)'}'))
        {
            do
            {
                var name = json.Name("dataframe_split");
                columns = name.SequenceEqual("columns"u8) ? json.Position : columns;
                data = name.SequenceEqual("data"u8) ? json.Position : data;
                json.Skip("dataframe_split");
            }
            while (json.More((byte)'}', "dataframe_split"));
        }

        if (data < 0)
        {
            throw TarnException.InvalidInput("A dataframe_split has columns and data.", "no data", "Send {\"columns\": [\"a\"], \"data\": [[1.0]]}.");
        }

        var end = json.Position;
        var builders = Builders.Rent(request.Model.Inputs.Length);
        try
        {
            var frame = new DataFrameBody(request, builders);
            json.Position = columns < 0 ? data : columns;
            frame._inputs = columns < 0 ? frame.Unnamed(json) : frame.Columns(ref json);
            json.Position = data;
            json.Expect((byte)'[', "data");
            if (!json.Take((byte)']'))
            {
                do
                {
                    frame.Row(ref json);
                }
                while (json.More((byte)']', "data"));
            }

            frame.Finish();
        }
        finally
        {
            Builders.Return(builders);
        }

        json.Position = end;
    }

    /// <summary>Reads <c>[{"a": 1.0}, …]</c>: the columns are those of the first record.</summary>
    public static void ReadRecords(ref JsonScanner json, InferenceRequest request)
    {
        var builders = Builders.Rent(request.Model.Inputs.Length);
        try
        {
            var frame = new DataFrameBody(request, builders);
            var names = new List<byte[]>();
            json.Expect((byte)'[', "dataframe_records");
            if (!json.Take((byte)']'))
            {
                do
                {
                    frame.Record(ref json, names);
                }
                while (json.More((byte)']', "dataframe_records"));
            }

            frame.Finish();
        }
        finally
        {
            Builders.Return(builders);
        }
    }

    private void Record(ref JsonScanner json, List<byte[]> names)
    {
        var column = 0;
        json.Expect((byte)'{', "dataframe_records");
        if (!json.Take((byte)'}'))
        {
            do
            {
                var name = json.Name("dataframe_records");
                if (_rows == 0)
                {
                    names.Add(name.ToArray());
                }
                else if (column >= names.Count || !name.SequenceEqual(names[column]))
                {
                    throw TarnException.InvalidInput(
                        "All records have the columns of the first one, in its order.", Encoding.UTF8.GetString(name), $"Send {string.Join(", ", names.Select(static n => Encoding.UTF8.GetString(n)))} in each.");
                }

                var input = _isMatrix ? 0 : PredictBody.InputOf(_request.Model, name);
                _builders[input].Read(ref json);
                column++;
            }
            while (json.More((byte)'}', "dataframe_records"));
        }

        if (column != names.Count)
        {
            throw TarnException.InvalidInput("All records have the columns of the first one.", string.Create(CultureInfo.InvariantCulture, $"{column} of {names.Count} in record {_rows}"), "Send all of them.");
        }

        if (_rows++ == 0)
        {
            _inputs = new int[column];
            for (var c = 0; c < column && !_isMatrix; c++)
            {
                _inputs[c] = PredictBody.InputOf(_request.Model, names[c]);
            }

            RequireAll();
        }
    }

    private void Row(ref JsonScanner json)
    {
        var column = 0;
        json.Expect((byte)'[', "data");
        if (!json.Take((byte)']'))
        {
            do
            {
                if (column == _inputs.Length)
                {
                    throw Width(column + 1);
                }

                _builders[_inputs[column++]].Read(ref json);
            }
            while (json.More((byte)']', "data"));
        }

        if (column != _inputs.Length)
        {
            throw Width(column);
        }

        _rows++;
    }

    private readonly TarnException Width(int width) => TarnException.InvalidInput(
        "Every row has a value for each column.", string.Create(CultureInfo.InvariantCulture, $"{width} values for {_inputs.Length} columns in row {_rows}"), "Send rows of the same length.");

    private int[] Columns(ref JsonScanner json)
    {
        var inputs = new List<int>();
        json.Expect((byte)'[', "columns");
        if (!json.Take((byte)']'))
        {
            do
            {
                var name = json.Peek() == (byte)'"' ? json.Text("columns") : json.Token("columns");
                inputs.Add(_isMatrix ? 0 : PredictBody.InputOf(_request.Model, name));
            }
            while (json.More((byte)']', "columns"));
        }

        _inputs = [.. inputs];
        RequireAll();
        return _inputs;
    }

    /// <summary>Without names the columns are the inputs in the model's order.</summary>
    private readonly int[] Unnamed(JsonScanner json)
    {
        var model = _request.Model;
        if (!_isMatrix)
        {
            return [.. Enumerable.Range(0, model.Inputs.Length)];
        }

        var width = 0;
        json.Expect((byte)'[', "data");
        if (json.Take((byte)'[') && !json.Take((byte)']'))
        {
            do
            {
                json.Skip("data");
                width++;
            }
            while (json.More((byte)']', "data"));
        }

        return new int[width];
    }

    private readonly void RequireAll()
    {
        var model = _request.Model;
        for (var i = 0; i < model.Inputs.Length; i++)
        {
            var count = _inputs.Count(c => c == i);
            if (count == 0 || (count > 1 && !_isMatrix))
            {
                throw TarnException.InvalidInput(
                    $"The columns are the inputs of the model {model.Name}, each once.",
                    count == 0 ? $"no column {model.Inputs[i].Name}" : $"{count} columns {model.Inputs[i].Name}",
                    $"Send {string.Join(", ", model.Inputs.Select(static p => p.Name))}.");
            }
        }
    }

    private readonly void Finish()
    {
        var model = _request.Model;
        if (_rows == 0)
        {
            throw TarnException.InvalidInput("A table has one row at least.", "0 rows", "Send some.");
        }

        for (var i = 0; i < model.Inputs.Length; i++)
        {
            var port = model.Inputs[i];
            if (_isMatrix)
            {
                _builders[0].Finish(_request.Inputs[0], [_rows, _inputs.Length]);
            }
            else if (port.Shape.Length is 1 or 2 && _builders[i].Count == _rows)
            {
                Span<long> shape = [_rows, 1];
                _builders[i].Finish(_request.Inputs[i], shape[..port.Shape.Length]);
            }
            else
            {
                _builders[i].FinishRows(_request.Inputs[i], _rows);
            }
        }
    }
}
