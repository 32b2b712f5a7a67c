-- The API can set the date of a ticket and never that of a message: spread the messages over the past, so that reading shows real dates.
UPDATE Transactions SET Created = datetime('2021-01-01', '+' || id || ' hours') WHERE ObjectType='RT::Ticket';
UPDATE Attachments SET Created = (SELECT Created FROM Transactions t WHERE t.id = Attachments.TransactionId);
UPDATE Tickets SET LastUpdated = (SELECT max(t.Created) FROM Transactions t WHERE t.ObjectType='RT::Ticket' AND t.ObjectId=Tickets.id);
