using Tarn.Core;

namespace Tarn.Serving;

/// <summary>Reads tables as MLflow sends them in JSON: <c>dataframe_split</c> and <c>dataframe_records</c>, the orientations of pandas.</summary>
internal static class DataFrameBody
{
    /// <summary>Reads <c>{"columns": […], "data": [[…]]}</c>; <c>index</c> is left aside. Without columns they are the model's inputs in its order.</summary>
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
        using var table = new TableInputs(request);
        if (columns >= 0)
        {
            json.Position = columns;
            ReadColumns(ref json, table);
        }

        json.Position = data;
        ReadData(ref json, request, table, isNamed: columns >= 0);
        table.Finish();
        json.Position = end;
    }

    /// <summary>Reads <c>[{"a": 1.0}, …]</c>: the columns are those of the first record.</summary>
    public static void ReadRecords(ref JsonScanner json, InferenceRequest request)
    {
        using var table = new TableInputs(request);
        json.Expect((byte)'[', "dataframe_records");
        if (!json.Take((byte)']'))
        {
            do
            {
                json.Expect((byte)'{', "dataframe_records");
                if (!json.Take((byte)'}'))
                {
                    do
                    {
                        table.Next(json.Name("dataframe_records")).Read(ref json);
                    }
                    while (json.More((byte)'}', "dataframe_records"));
                }

                table.EndRow();
            }
            while (json.More((byte)']', "dataframe_records"));
        }

        table.Finish();
    }

    private static void ReadColumns(ref JsonScanner json, TableInputs table)
    {
        json.Expect((byte)'[', "columns");
        if (!json.Take((byte)']'))
        {
            do
            {
                table.AddColumn(json.Peek() == (byte)'"' ? json.Text("columns") : json.Token("columns"));
            }
            while (json.More((byte)']', "columns"));
        }

        table.CheckColumns();
    }

    private static void ReadData(ref JsonScanner json, InferenceRequest request, TableInputs table, bool isNamed)
    {
        json.Expect((byte)'[', "data");
        if (json.Take((byte)']'))
        {
            return;
        }

        if (!isNamed)
        {
            table.AddUnnamed(table.IsMatrix ? Width(json) : request.Model.Inputs.Length);
        }

        do
        {
            json.Expect((byte)'[', "data");
            if (!json.Take((byte)']'))
            {
                do
                {
                    table.Next().Read(ref json);
                }
                while (json.More((byte)']', "data"));
            }

            table.EndRow();
        }
        while (json.More((byte)']', "data"));
    }

    private static int Width(JsonScanner json)
    {
        var width = 0;
        if (json.Take((byte)'[') && !json.Take((byte)']'))
        {
            do
            {
                json.Skip("data");
                width++;
            }
            while (json.More((byte)']', "data"));
        }

        return width;
    }
}
